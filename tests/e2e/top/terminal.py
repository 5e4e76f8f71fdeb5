# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal for programs that need one: tmux, with a server of its own for each."""

import itertools
import os
import re
import shlex
import subprocess

import lib

_serial = itertools.count()


class Terminal:
    """Runs argv in a terminal of this size. When it has ended, the screen shows "status N" and
    whether the terminal is in its usual mode."""

    def __init__(self, argv, width=80, height=24, cwd="/", **env):
        self.name = f"{lib.PREFIX}{next(_serial)}"
        env = {"LC_ALL": "C.UTF-8", "NO_COLOR": "", **env}
        words = ["env", *(f"{k}={v}" for k, v in env.items()), *argv]
        script = (f"trap : INT; {shlex.join(words)}; echo status $?; "
                  "stty -a | grep -qw -- -icanon || stty -a | grep -qw -- -echo || echo tty sane; "
                  "exec sleep 1000")
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "-c",
                   str(cwd), "sh", "-c", script, env={**os.environ, "LC_ALL": "C.UTF-8"})

    def _tmux(self, *argv, **kwargs):
        return subprocess.run(["tmux", "-L", self.name, *argv], check=True, capture_output=True,
                              text=True, timeout=10, **kwargs).stdout

    def keys(self, *keys):
        self._tmux("send-keys", *keys)

    def type(self, text):
        self._tmux("send-keys", "-l", text)

    def resize(self, width, height):
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def click(self, x, y):
        """The left button, pressed and released, as a terminal sends it."""
        for button in " #":
            self.type(f"\x1b[M{button}{chr(33 + x)}{chr(33 + y)}")

    def screen(self, *argv):
        return self._tmux("capture-pane", "-p", *argv)

    def until(self, pattern, timeout=30):
        """Waits until the screen shows it; returns the screen."""
        seen = []
        lib.wait_until(f"{pattern} on the screen",
                       lambda: seen.append(self.screen()) or re.search(pattern, seen[-1], re.M),
                       timeout, every=0.05)
        return seen[-1]

    def pid(self, program="virtax"):
        """Of the program that was started."""
        shell = int(self._tmux("display-message", "-p", "#{pane_pid}"))
        for task in lib.read(f"/proc/{shell}/task/{shell}/children").split():
            if lib.read(f"/proc/{task}/comm").strip() == program:
                return int(task)
        raise AssertionError(f"{program} does not run in the terminal")

    def close(self):
        subprocess.run(["tmux", "-L", self.name, "kill-server"], check=False, capture_output=True,
                       timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
