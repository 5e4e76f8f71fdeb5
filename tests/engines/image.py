# SPDX-License-Identifier: GPL-2.0-or-later
"""One small root file system for all engines, from the host's own files: Apache, busybox and the
workloads. No registry is needed."""

import os
import re
import shutil
import subprocess

import lib

MODULES = [f"/usr/lib/apache2/modules/mod_{m}.so" for m in ("mpm_event", "authz_core", "dir")]
LOADS = ("spin", "blockio", "fault")

CONFIG = """
ServerRoot /
ServerName localhost
Listen 80
DocumentRoot /srv
DefaultRuntimeDir /run
PidFile /run/httpd.pid
ErrorLog /dev/stderr
LogFormat "%r %>s" short
CustomLog /var/log/access.log short
User www-data
Group www-data
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
"""

HTTPD = ["/usr/sbin/apache2", "-f", "/etc/httpd.conf", "-DFOREGROUND"]


def libraries(programs):
    text = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    found = set(re.findall(r"/[^ :]+\.so[^ :]*", text)) - set(programs)
    return found | {os.path.join("/lib/x86_64-linux-gnu", n) for n in ("libgcc_s.so.1",)
                    if os.path.exists(f"/lib/x86_64-linux-gnu/{n}")}


def build(root):
    """The directory `root`, filled."""
    for name in ("bin", "dev", "etc", "proc", "run", "sys", "tmp", "root", "srv", "var/log", "loads"):
        os.makedirs(f"{root}/{name}")
    programs = ["/usr/sbin/apache2", *MODULES, *(lib.load(n) for n in LOADS)]
    for path in [*programs[:len(MODULES) + 1], *sorted(libraries(programs))]:
        os.makedirs(root + os.path.dirname(path), exist_ok=True)
        shutil.copy(path, root + path)
    for name in LOADS:
        shutil.copy(lib.load(name), f"{root}/loads/{name}")
    shutil.copy("/bin/busybox", f"{root}/bin/busybox")
    for name in ("sh", "sleep", "cat", "true", "init", "kill", "poweroff"):
        os.symlink("busybox", f"{root}/bin/{name}")
    files = {"etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/srv:/bin/false\n",
             "etc/group": "root:x:0:\nwww-data:x:33:\n", "etc/hosts": "127.0.0.1 localhost\n",
             "srv/index.html": "hello\n" * 300,
             "etc/httpd.conf": CONFIG + "".join(
                 f"LoadModule {os.path.basename(m)[4:-3]}_module {m}\n" for m in MODULES)}
    for name, text in files.items():
        with open(f"{root}/{name}", "w", encoding="ascii") as f:
            f.write(text)
    os.chmod(f"{root}/tmp", 0o1777)
    return root


def pack(root, path):
    subprocess.run(["tar", "-C", root, "-cf", path, "."], check=True)
    return path
