# SPDX-License-Identifier: GPL-2.0-or-later
"""Apache behind a veth pair: plain HTTP on port 80 and TLS on port 443, one access log for both,
server-status on port 8080 and on the port that is counted."""

import os
import signal
import subprocess

import lib
import veth

MODULES = ("mpm_event", "authz_core", "status", "socache_shmcb", "ssl", "http2", "mime")

CONFIG = """
{modules}
ServerRoot {dir}
ServerName localhost
PidFile {dir}/pid
TypesConfig /dev/null
ErrorLog {dir}/error.log
LogFormat "%a \\"%r\\" %>s" short
CustomLog {dir}/access.log short
DocumentRoot {dir}/www
ExtendedStatus On
KeepAlive On
MaxKeepAliveRequests 0
StartServers 1
ServerLimit 2
ThreadsPerChild 16
MaxRequestWorkers 32
Listen {inside}:80
Listen {inside}:443
Listen {inside}:8080
<Location /server-status>
  SetHandler server-status
</Location>
<VirtualHost *:443>
  SSLEngine on
  SSLCertificateFile {dir}/cert.pem
  SSLCertificateKeyFile {dir}/key.pem
  Protocols h2 http/1.1
</VirtualHost>
"""


def modules():
    lines = []
    for name in MODULES:
        path = f"/usr/lib/apache2/modules/mod_{name}.so"
        if os.path.exists(path):
            lines.append(f"LoadModule {name}_module {path}")
    return "\n".join(lines)


class Apache:
    def __init__(self, directory):
        self.veth = veth.Veth()
        self.dir = str(directory)
        self.log, self.host = f"{self.dir}/access.log", self.veth.inside
        os.makedirs(f"{self.dir}/www")
        os.chmod(self.dir, 0o755)
        with open(f"{self.dir}/www/index.html", "w", encoding="ascii") as f:
            f.write("hello\n")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-keyout", f"{self.dir}/key.pem", "-out",
                        f"{self.dir}/cert.pem"], check=True, capture_output=True)
        with open(f"{self.dir}/httpd.conf", "w", encoding="ascii") as f:
            f.write(CONFIG.format(dir=self.dir, inside=self.host, modules=modules()))
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.veth.name, "apache2", "-f", f"{self.dir}/httpd.conf",
             "-DFOREGROUND"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        lib.wait_until("Apache answers", lambda: self.status() is not None, 20)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def graceful(self):
        """As logrotate does it: the log is opened anew."""
        self.process.send_signal(signal.SIGUSR1)

    @property
    def pid(self):
        return self.process.pid

    def url(self, path="/index.html", tls=False):
        return f"http{'s' if tls else ''}://{self.host}{path}"

    @property
    def status_url(self):
        return f"http://{self.host}:8080/server-status?auto"

    def status(self):
        done = subprocess.run(["curl", "-sf", self.status_url], capture_output=True, text=True,
                              check=False, timeout=10)
        return done.stdout if done.returncode == 0 else None

    def ab(self, n, tls=False, clients=4):
        """The command line of a load."""
        return ["ab", "-q", "-k", "-n", str(n), "-c", str(clients), self.url(tls=tls)]

    def load(self, n, **kwargs):
        subprocess.run(self.ab(n, **kwargs), check=True, capture_output=True, timeout=60)

    def remove(self):
        if self.process.poll() is None:
            self.stop()
        self.veth.remove()
