#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A raw HTTP/1.1 server and client, for what real ones never do on the wire.

As a program (rawhttp.py PORT [ADDRESS]) it is the server. The path determines the response:

    /ok/N        200, a body of N bytes
    /blank/N     likewise, N blanks
    /chunked/N   likewise in chunks, with extensions and trailers
    /close/N     likewise, ended by the end of the connection
    /code/CODE   that status, with a Content-Length for a body that 204 and 304 do not have
    /hints       100, 103, 103 and then 200
    /slow/MS     200 after MS milliseconds
    /upgrade     101; whatever follows is echoed
    /cut         half a head, then a reset

X-Piece: N makes it send the response N bytes at a time, each in a segment of its own."""

import socket
import struct
import sys
import threading
import time

FILL = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\n\r\n0\r\n\r\n"


def fill(n):
    """A body whose text looks like anything but a body."""
    return (FILL * (n // len(FILL) + 1))[:n]


def chunks(body):
    out, size = b"", 1
    while body:
        out += b"%x;name=\"%d\"\r\n%s\r\n" % (len(body[:size]), size, body[:size])
        body, size = body[size:], size * 3
    return out + b"0\r\nDigest: HTTP/1.1 200 OK\r\n\r\n"


def head(status, *headers):
    return b"".join(h + b"\r\n" for h in (b"HTTP/1.1 %s" % status, b"Server: raw", *headers, b""))


def send_all(sock, data, piece=0):
    for at in range(0, len(data), piece or len(data) or 1):
        sock.sendall(data[at:at + piece] if piece else data)


class Connection(threading.Thread):
    """The server's side of one connection."""

    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock, self.file = sock, sock.makefile("rb")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read_request(self):
        words = self.file.readline().split()
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        if headers.get(b"expect"):
            self.sock.sendall(head(b"100 Continue"))
        if headers.get(b"transfer-encoding"):
            while size := int(self.file.readline().split(b";")[0], 16):
                self.file.read(size + 2)
            while self.file.readline().strip():
                pass
        else:
            self.file.read(int(headers.get(b"content-length", 0)))
        return words, headers

    def answer(self, method, what, n):
        body = b"" if method == b"HEAD" else b" " * n if what == b"blank" else fill(n)
        if what == b"chunked":
            return head(b"200 OK", b"Transfer-Encoding: chunked") + (
                b"" if method == b"HEAD" else chunks(body))
        if what == b"close":
            return head(b"200 OK", b"Connection: close") + body
        if what == b"code":
            return head(b"%d Status" % n, b"Content-Length: 7") + (
                b"" if n in (204, 304) or method == b"HEAD" else b"because")
        if what == b"hints":
            return (head(b"100 Continue") + head(b"103 Early Hints", b"Link: </>") * 2
                    + head(b"200 OK", b"Content-Length: 0"))
        if what == b"slow":
            time.sleep(n / 1000)
            return head(b"200 OK", b"Content-Length: 4") + b"slow"
        return head(b"200 OK", b"Content-Length: %d" % n) + body

    def serve(self):
        while True:
            words, headers = self.read_request()
            if not words:
                return
            if len(words) != 3:
                self.sock.sendall(head(b"400 Bad", b"Content-Length: 0", b"Connection: close"))
                return
            _, what, n = (words[1] + b"/0").split(b"/")[:3]
            if what == b"cut":
                self.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-")
                # Closing the socket sends a reset.
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if what == b"upgrade":
                self.sock.sendall(head(b"101 Switching Protocols", b"Upgrade: raw"))
                while data := self.sock.recv(65536):
                    self.sock.sendall(data)
                return
            piece = int(headers.get(b"x-piece", 0))
            send_all(self.sock, self.answer(words[0], what, int(n)), piece)
            if what == b"close":
                return

    def run(self):
        try:
            self.serve()
        except (OSError, ValueError, IndexError):
            pass
        finally:
            self.file.close()
            self.sock.close()


def serve(port, address="0.0.0.0"):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family, backlog=512)
    print("ready", flush=True)
    while True:
        Connection(listener.accept()[0]).start()


class Client:
    """One connection of the client. It reads its final responses and counts them."""

    def __init__(self, address, port=80):
        self.sock = socket.create_connection((address, port), timeout=30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        self.answers, self.status = 0, {}

    def ask(self, target, method="GET", *headers, body=b"", piece=0):
        lines = [f"{method} {target} HTTP/1.1", "Host: raw", *headers]
        if body and not any(h.lower().startswith("transfer-encoding") for h in headers):
            lines.append(f"Content-Length: {len(body)}")
        send_all(self.sock, "\r\n".join([*lines, "", ""]).encode() + body, piece)
        return method

    def read_head(self):
        words = self.file.readline().split()
        if len(words) < 2:
            return 0, {}
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        return int(words[1]), headers

    def take(self, method="GET"):
        """Reads the final response to a request."""
        code, headers = self.read_head()
        while code // 100 == 1 and code != 101:
            code, headers = self.read_head()
        assert code, "no answer"
        self.answers += 1
        self.status[code] = self.status.get(code, 0) + 1
        if method == "HEAD" or code in (101, 204, 304):
            return code
        if b"transfer-encoding" in headers:
            while size := int(self.file.readline().split(b";")[0], 16):
                self.file.read(size + 2)
            while self.file.readline().strip():
                pass
        elif b"content-length" in headers:
            n = int(headers[b"content-length"])
            assert len(self.file.read(n)) == n
        else:
            self.file.read()
        return code

    def get(self, target, method="GET", *headers, **kwargs):
        return self.take(self.ask(target, method, *headers, **kwargs))

    def close(self, reset=False):
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.file.close()
        self.sock.close()


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:])
