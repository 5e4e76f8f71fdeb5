# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives headless Chromium by the DevTools protocol, over a pair of pipes: no port, no other library."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

ANSWER_SECONDS = 60


class Browser:
    """One browser with one page. `messages` are what the console said, `requests` what was asked of a network."""

    def __init__(self):
        program = shutil.which("chromium")
        assert program, "chromium is not installed (run: tools/install-packages test)"
        self.home = tempfile.mkdtemp(prefix="virtax-browser-")
        to_browser, self.out = os.pipe()
        self.inp, from_browser = os.pipe()
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                   "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-sync",
                   "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
                   f"--user-data-dir={self.home}", "about:blank"]
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (to_browser, from_browser)]

        def arrange():
            os.dup2(ends[0], 3)  # where the browser reads commands
            os.dup2(ends[1], 4)  # where it writes answers

        self.process = subprocess.Popen(command, pass_fds=(3, 4), preexec_fn=arrange, start_new_session=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        for fd in ends:
            os.close(fd)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.session = b"", 0, None
        self.messages, self.requests, self.loaded = [], [], False
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, AssertionError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.out)
        os.close(self.inp)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # its helpers, which may still write
        until = time.monotonic() + 10
        while os.path.exists(self.home) and time.monotonic() < until:
            shutil.rmtree(self.home, ignore_errors=True)

    def read(self, until):
        """The next message; None after the time `until`."""
        while b"\0" not in self.buffer:
            if not select.select([self.inp], [], [], max(0, until - time.monotonic()))[0]:
                return None
            piece = os.read(self.inp, 1 << 20)
            assert piece, "the browser has ended"
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def note(self, message):
        """Remembers what the page did."""
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.consoleAPICalled":
            self.messages.append(json.dumps(params["args"]))
        elif method == "Runtime.exceptionThrown":
            self.messages.append(json.dumps(params["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.messages.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def call(self, command, **params):
        self.number += 1
        message = {"id": self.number, "method": command, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            answer = self.read(until)
            assert answer, f"{command}: no answer"
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{command}: {answer.get('error')}"
                return answer["result"]
            self.note(answer)

    def open(self, path, width=1280, height=900, dark=False):
        """Opens a file; returns the seconds until its charts were drawn."""
        self.messages, self.requests, self.loaded = [], [], False
        self.screen(width, height, dark)
        start = time.monotonic()
        self.call("Page.navigate", url="file://" + os.path.realpath(path))
        until = start + ANSWER_SECONDS
        while not self.loaded:
            message = self.read(until)
            assert message, f"{path}: not loaded"
            self.note(message)
        # After the frame that shows what the scripts have drawn.
        self.run("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        return time.monotonic() - start

    def screen(self, width, height=900, dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=False)
        self.call("Emulation.setEmulatedMedia", media="screen", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def resize(self, width, dark=False):
        """The open page on another screen, once its charts have followed."""
        self.screen(width, dark=dark)
        self.run("""new Promise(done => { const look = () => Array.from(document.querySelectorAll('.chart'))
            .every(c => !c.firstChild || c.firstChild.getAttribute('width') == c.clientWidth) ? done() :
            setTimeout(look, 20); look(); })""")

    def run(self, script):
        """The value of an expression of the page; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def count(self, selector):
        return self.run(f"document.querySelectorAll({json.dumps(selector)}).length")

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def key(self, key):
        """A key by its name (“ArrowRight”) or its character."""
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def picture(self, path, whole=True):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))
