# SPDX-License-Identifier: GPL-2.0-or-later
"""Apache and nginx with TLS and HTTP/2, on one root file system, in a container and in a guest. Apache
serves HTTP, TLS and its status on ports 80, 443 and 8080, nginx on 81, 444 and 8081."""

import os
import shutil
import subprocess
import time

import image
import lib
import runc
import servers
import veth
from room import answers, run

MODULES = [f"/usr/lib/apache2/modules/mod_{m}.so" for m in
           ("mpm_event", "authz_core", "dir", "status", "socache_shmcb", "ssl", "http2", "mime")]
PORTS = {"apache": (80, 443, 8080), "nginx": (81, 444, 8081)}
PATHS = {"apache": "/server-status?auto", "nginx": "/"}
START = {"apache": "/usr/sbin/apache2 -f /etc/httpd.conf", "nginx": "/usr/sbin/nginx -c /etc/nginx.conf"}
STOP = {"apache": "/usr/sbin/apache2 -f /etc/httpd.conf -k stop",
        "nginx": "/usr/sbin/nginx -c /etc/nginx.conf -s stop"}
ROTATE = {"apache": "-k graceful", "nginx": "-s reopen"}

HTTPD = """
ServerRoot /
ServerName localhost
Listen 80
Listen 443
Listen 8080
DocumentRoot /srv
DefaultRuntimeDir /run
PidFile /run/httpd.pid
TypesConfig /dev/null
ErrorLog /var/log/error.log
LogFormat "%r %>s" short
CustomLog /var/log/apache.log short "expr=%{SERVER_PORT} != '8080'"
User www-data
Group www-data
ExtendedStatus On
StartServers 1
ServerLimit 2
ThreadsPerChild 8
MaxRequestWorkers 16
KeepAlive On
MaxKeepAliveRequests 0
DirectoryIndex index.html
<Directory />
  Require all granted
</Directory>
<Location /server-status>
  SetHandler server-status
</Location>
<VirtualHost *:443>
  SSLEngine on
  SSLCertificateFile /etc/cert.pem
  SSLCertificateKeyFile /etc/key.pem
  Protocols h2 http/1.1
</VirtualHost>
"""

NGINX = """
user root;
pid /run/nginx.pid;
error_log /var/log/nginx-error.log;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
  log_format short '$request $status';
  access_log /var/log/nginx.log short;
  types {{ }}
  keepalive_requests 100000;
  {temporary}
  root /srv;
  server {{
    listen 81;
    listen 444 ssl http2;
    ssl_certificate /etc/cert.pem;
    ssl_certificate_key /etc/key.pem;
  }}
  server {{
    listen 8081;
    access_log off;
    location / {{ stub_status; }}
  }}
}}
"""

SERVE = """#!/bin/sh
export PATH=/bin:/usr/sbin
mkdir -p /var/lib/nginx
{start}
while :; do sleep 1000; done
"""

INIT = """#!/bin/sh
export PATH=/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run
for m in {modules} {modules}; do insmod /modules/$m.ko 2>/dev/null; done
until [ -e /sys/class/net/eth0 ]; do sleep 0.1; done
ip link set lo up
ip address add {address}/24 dev eth0
ip link set eth0 up
while :; do nc -l -p 99 -e /again; done &
exec /serve
"""


def root(directory):
    """The file system, without what only a guest needs."""
    made = image.build(directory)
    more = ["/usr/sbin/nginx", *MODULES]
    for path in [*more, *sorted(image.libraries(more))]:
        if not os.path.exists(made + path):
            os.makedirs(made + os.path.dirname(path), exist_ok=True)
            shutil.copy(path, made + path)
    servers.certificate(f"{made}/etc")
    temporary = " ".join(f"{n}_temp_path /run/{n};" for n in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    loads = "".join(f"LoadModule {os.path.basename(m)[4:-3]}_module {m}\n" for m in MODULES)
    scripts = {"serve": SERVE.format(start="\n".join(START.values())),
               "again": "#!/bin/sh\n" + "\n".join(f"{STOP[s]}; sleep 1; {START[s]}" for s in START)
                        + "\necho done\n"}
    for name, text in {"etc/httpd.conf": HTTPD + loads, "etc/nginx.conf": NGINX.format(temporary=temporary),
                       **scripts}.items():
        with open(f"{made}/{name}", "w", encoding="ascii") as f:
            f.write(text)
    for name in scripts:
        os.chmod(f"{made}/{name}", 0o755)
    for name in ("mkdir", "mount", "insmod", "ip", "nc"):
        os.symlink("busybox", f"{made}/bin/{name}")
    return made


class Place:
    """`host` is its address, `dev` the host's device, `target` the option of record."""

    def url(self, server, tls=False, path="/index.html"):
        return f"http{'s' if tls else ''}://{self.host}:{PORTS[server][tls]}{path}"

    def status(self, server):
        return f"http://{self.host}:{PORTS[server][2]}{PATHS[server]}"

    def up(self, seconds):
        """Returns when all its servers answer; else it is removed."""
        try:
            for server in PORTS:
                lib.wait_until(server, lambda s=server: answers(self.url(s)), seconds)
        except BaseException:
            self.remove()
            raise


class Container(Place):
    """A source is an access log, by its path in the container."""

    class Box(runc.Container):
        def _config(self, argv):
            config = super()._config(argv)
            caps = ["CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE",
                    "CAP_DAC_OVERRIDE"]
            config["mounts"] = [*config["mounts"][:2], {"destination": "/run", "type": "tmpfs",
                                                        "source": "tmpfs"}]
            config["process"]["capabilities"] = {k: caps for k in ("bounding", "effective", "permitted")}
            return config

    def __init__(self, directory):
        self.veth = veth.Veth()
        self.dir, self.host, self.dev = str(directory), self.veth.inside, self.veth.dev
        self.box = self.Box(self.dir, "-tls", netns=self.veth.netns)
        os.rmdir(f"{self.dir}/rootfs")
        root(f"{self.dir}/rootfs")
        self.box.start(["/serve"])
        self.target = ["--container", f"web={self.box.name}"]
        self.up(20)

    def source(self, server):
        return f"log:/var/log/{server}.log"

    def log(self, server):
        return f"{self.dir}/rootfs/var/log/{server}.log"

    def sh(self, script):
        self.box.execute(["/bin/sh", "-c", f"{script} >/dev/null"])

    def rotate(self, server):
        os.rename(self.log(server), self.log(server) + ".1")
        self.sh(f"{START[server]} {ROTATE[server]}")
        lib.wait_until("the new log", lambda: os.path.exists(self.log(server)))

    def again(self):
        self.sh("/again")

    def remove(self):
        self.box.remove()
        self.veth.remove()


class Guest(Place):
    """Its files are not the host's: a source is a server's page, read over its network. Under TCG."""

    dev, host = "vtxttls", "198.19.62.2"

    def __init__(self, directory):
        self.dir = str(directory)
        kernel = run("bash", "-c", f"cd {lib.ROOT}/tools && PROG=kernel here=$PWD && . lib/common.sh && "
                     ". lib/state.sh && . lib/kernel.sh && kernel_ready >&2 && echo $KERNEL")
        tree = root(f"{self.dir}/tree")
        shutil.copytree(f"{kernel}/modules", f"{tree}/modules")
        names = " ".join(n[:-3] for n in sorted(os.listdir(f"{tree}/modules")))
        with open(f"{tree}/init", "w", encoding="ascii") as f:
            f.write(INIT.format(modules=f"{names} {names}", address=self.host))
        os.chmod(f"{tree}/init", 0o755)
        run("sh", "-c", f"cd {tree} && find . | cpio -o -H newc --quiet | gzip -1 >{self.dir}/initramfs")
        run("ip", "tuntap", "add", self.dev, "mode", "tap")
        run("ip", "addr", "add", "198.19.62.1/24", "dev", self.dev)
        run("ip", "link", "set", self.dev, "up")
        self.process = subprocess.Popen(
            ["qemu-system-x86_64", "-name", "guest=vtxt-tls,debug-threads=on", "-M", "q35", "-accel",
             "tcg", "-cpu", "max", "-m", "384", "-nodefaults", "-no-user-config", "-no-reboot",
             "-display", "none", "-serial", f"file:{self.dir}/console", "-kernel", f"{kernel}/vmlinuz",
             "-initrd", f"{self.dir}/initramfs", "-append", "console=ttyS0 quiet panic=-1 "
             "mitigations=off tsc=reliable no_timer_check random.trust_cpu=on cryptomgr.notests",
             "-netdev", f"tap,id=n0,ifname={self.dev},script=no,downscript=no", "-device",
             "virtio-net-pci,netdev=n0,romfile=", "-device", "virtio-rng-pci"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.target = ["--vm", f"web={self.process.pid}"]
        self.up(60)

    def source(self, server):
        return self.status(server)

    def again(self):
        assert "done" in run("busybox", "nc", "-w", "20", self.host, "99")
        time.sleep(0.2)

    def remove(self):
        self.process.kill()
        self.process.wait()
        run("ip", "link", "del", self.dev)
