# SPDX-License-Identifier: GPL-2.0-or-later
"""Removes what the programs in tools/ create, even when a signal ends them: processes, labs,
cgroups."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time

LAB = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "lab")
WITH_US = ("setpriv", "--pdeathsig", "TERM")  # a command that must not outlive this program
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


_held = {"blocks": 0, "signal": None}


def on_signals():
    """The first signal unwinds the stack, so that every `finally` runs. Later ones are ignored,
    here and in the programs that the clean-up starts. timeout(1), for example, sends SIGTERM twice:
    to its child and to its process group."""

    for each in SIGNALS:
        signal.signal(each, _on_signal)


def _on_signal(number, _):
    if _held["blocks"]:
        _held["signal"] = number
        return
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


@contextlib.contextmanager
def uninterrupted():
    """A signal takes effect at the end of the block, which creates something and notes how to remove it.
    The block must not wait for anything. Unlike with a signal mask, programs started in it inherit
    nothing."""
    _held["blocks"] += 1
    try:
        yield
    finally:
        _held["blocks"] -= 1
        if _held["signal"] and not _held["blocks"]:
            _on_signal(_held["signal"], None)


@contextlib.contextmanager
def temporary_file(**options):
    """tempfile.NamedTemporaryFile, removed whenever a signal arrives."""
    with uninterrupted():
        file = tempfile.NamedTemporaryFile(**options)
    with file:
        yield file


@contextlib.contextmanager
def temporary_directory(**options):
    """tempfile.TemporaryDirectory, removed whenever a signal arrives."""
    with uninterrupted():
        directory = tempfile.TemporaryDirectory(**options)
    with directory as path:
        yield path


def wait(process, seconds=20):
    """Waits for a process that is about to end, and kills it if it takes longer than this."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop(process):
    """Ends a process that was started here."""
    if process.poll() is None:
        process.terminate()
    wait(process)


def run_whole(argv):
    """Runs a short program to its end and returns its output. Signals to us and to the program are
    blocked until then. For a program whose creation outlives it, like a loop device: otherwise, on a
    signal in between, it could create that after our clean-up."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def key_values(text):
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


@contextlib.contextmanager
def lab_target(kind, *options):
    """Starts a target with tools/lab; returns what that prints. Raises CalledProcessError if the
    target does not start. On a signal tools/lab gets SIGTERM and not the SIGKILL of subprocess.run,
    so that it removes what it has created. It has a session of its own, so that it does not receive
    signals to our process group as well."""
    argv = [*WITH_US, LAB, "up", kind, "--owner", str(os.getpid()), *options]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True)
    out = ""
    try:
        try:
            out, err = process.communicate()
        except BaseException:
            process.terminate()
            out, _ = process.communicate()
            raise
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, argv, out, err)
        yield key_values(out)
    finally:
        if "lab" in key_values(out):
            subprocess.run([LAB, "down", key_values(out)["lab"]], check=False,
                           start_new_session=True)


def unmount_below(directory):
    """Unmounts what is mounted below the directory, the latest first. dockerd mounts its data
    directory on itself, and leaves it mounted when it is killed while it starts."""
    with open("/proc/self/mountinfo", "rb") as f:
        points = [line.split()[4].decode("unicode_escape").encode("latin-1") for line in f]
    for point in reversed(points):
        if point.startswith(os.fsencode(os.path.realpath(directory)) + b"/"):
            subprocess.run([b"umount", point], check=False, stderr=subprocess.DEVNULL)


def kill_all_in(cgroup):
    """Kills all processes in it, including those that are forked in the meantime."""
    for _ in range(250):
        with open(f"{cgroup}/cgroup.procs", encoding="ascii") as f:
            pids = [int(pid) for pid in f.read().split() if pid != "0"]
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


@contextlib.contextmanager
def new_cgroup(path):
    """An empty cgroup; removed together with everything that runs in it."""
    os.mkdir(path)
    try:
        yield path
    finally:
        kill_all_in(path)
        for _ in range(100):  # busy until the last process has been reaped
            with contextlib.suppress(OSError):
                os.rmdir(path)
                break
            time.sleep(0.02)
