# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTP servers as Debian installs them, on loopback ports, each with an access log."""

import os
import subprocess

import lib
from room import Daemon, answers

BIG = 8 << 20

NGINX = """
daemon off;
user root;
pid {dir}/pid;
error_log {dir}/error.log;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
  log_format short '$request $status';
  access_log {dir}/access.log short;
  types {{ }}
  default_type text/plain;
  sendfile on;
  keepalive_requests 100000;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  root {dir}/www;
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{tls} ssl http2;
    ssl_certificate {dir}/cert.pem;
    ssl_certificate_key {dir}/key.pem;
  }}
  server {{
    listen 127.0.0.1:{status};
    access_log off;
    location / {{ stub_status; }}
  }}
}}
"""

HAPROXY = """
global
  log stdout format raw local0
  maxconn 500
defaults
  mode http
  log global
  option httplog
  option dontlognull
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:{port}
  default_backend back
backend back
  server one 127.0.0.1:{behind}
"""

LIGHTTPD = """
server.modules = ( "mod_accesslog" )
server.document-root = "{dir}/www"
server.bind = "127.0.0.1"
server.port = {port}
server.pid-file = "{dir}/pid"
server.errorlog = "{dir}/error.log"
server.max-keep-alive-requests = 0
accesslog.filename = "{dir}/access.log"
accesslog.format = "%r %s"
mimetype.assign = ( "" => "text/plain" )
"""

NODE = """
const http = require('http'), fs = require('fs'), crypto = require('crypto');
const log = fs.openSync(process.argv[3], 'a');
const note = (r) => fs.writeSync(log, r.method + ' ' + r.url + '\\n');
const server = http.createServer((req, res) => {
  note(req);
  if (req.url === '/events') {
    res.writeHead(200, {'Content-Type': 'text/event-stream'});
    let n = 0;
    const timer = setInterval(() => {
      res.write('data: ' + n + '\\n\\n');
      if (++n === 5) { clearInterval(timer); res.end(); }
    }, 20);
  } else if (req.url === '/slow') {
    setTimeout(() => res.end('late\\n'), 20);
  } else if (req.url === '/chunked') {
    for (let i = 0; i < 20; i++) res.write('HTTP/1.1 200 OK\\r\\n\\r\\n'.repeat(i + 1));
    res.end();
  } else {
    let n = 0;
    req.on('data', (part) => { n += part.length; });
    req.on('end', () => res.end('got ' + n + '\\n'));
  }
});
server.on('upgrade', (req, socket) => {
  note(req);
  const key = crypto.createHash('sha1').update(req.headers['sec-websocket-key'] +
    '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\n' +
    'Connection: Upgrade\\r\\nSec-WebSocket-Accept: ' + key + '\\r\\n\\r\\n');
  socket.on('data', (data) => socket.write(data));
  socket.on('end', () => socket.end());
});
server.keepAliveTimeout = 30000;
server.listen(+process.argv[2], '127.0.0.1');
"""


def certificate(directory):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", f"{directory}/key.pem", "-out",
                    f"{directory}/cert.pem"], check=True, capture_output=True)


def lines(path):
    return lib.read(path).count("\n") if os.path.exists(path) else 0


class Server:
    """`ports` are consecutive ones: HTTP, TLS, status (nginx); HTTP, and what is behind (haproxy)."""

    def __init__(self, directory, name, port, config, argv):
        self.dir, self.name, self.port = str(directory), name, port
        self.log = f"{self.dir}/access.log"
        os.makedirs(f"{self.dir}/www")
        for file, size in (("index.html", 300), ("big", BIG)):
            with open(f"{self.dir}/www/{file}", "wb") as f:
                f.write(b"HTTP/1.1 200 OK\n" * (size // 16))
        if name == "nginx":
            certificate(self.dir)
        with open(f"{self.dir}/conf", "w", encoding="ascii") as f:
            f.write(config.format(dir=self.dir, port=port, tls=port + 1, status=port + 2,
                                  behind=port + 1) if name != "node" else config)
        self.argv = [a.format(dir=self.dir, port=port) for a in argv]
        self.start()

    def start(self):
        # haproxy's standard output is its log
        self.daemon = Daemon(self.argv, self.log if self.name == "haproxy" else f"{self.dir}/output")
        before = self.logged()
        self.daemon.wait(self.name, lambda: answers(self.url("/index.html")))
        lib.wait_until("its log", lambda: self.logged() > before)  # lighttpd's is buffered

    def url(self, path="/", scheme="http"):
        return f"{scheme}://127.0.0.1:{self.port + (scheme == 'https')}{path}"

    @property
    def status_url(self):
        return f"http://127.0.0.1:{self.port + 2}/"

    @property
    def pid(self):
        return self.daemon.pid

    def logged(self):
        return lines(self.log)

    def stop(self):
        self.daemon.stop()


def nginx(directory, port):
    return Server(directory, "nginx", port, NGINX, ["nginx", "-c", "{dir}/conf", "-p", "{dir}"])


def haproxy(directory, port):
    """In front of what serves the next port."""
    return Server(directory, "haproxy", port, HAPROXY, ["haproxy", "-db", "-f", "{dir}/conf"])


def lighttpd(directory, port):
    return Server(directory, "lighttpd", port, LIGHTTPD, ["lighttpd", "-D", "-f", "{dir}/conf"])


def node(directory, port):
    return Server(directory, "node", port, NODE, ["node", "{dir}/conf", "{port}", "{dir}/access.log"])
