# SPDX-License-Identifier: GPL-2.0-or-later
"""The recordings of the study: managers, targets, stages."""

import contextlib
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import cleanup
from cleanup import WITH_US

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
VIRTAX = os.path.join(TOP, "virtax")
LOAD = os.path.join(TOP, "build", "virtax-load")
INSIDE = os.path.join(TOP, "build", "static", "virtax")  # records in the guest
QUIET_SECONDS = 3  # before and after the load of a guest: by its begin and end its clock is found
INSIDE_SECONDS = 60  # for the guest's recorder to start, or to end
REST, MANAGER, SERVING = "start", "manager", "serving"
SCRATCH = "virtax-study-"  # and the pid


def fail(what, why, remedy):
    sys.exit(f"study: {what}: {why} ({remedy})")


class Manager:
    """The daemons started for the second stage, and the options that make tools/lab use them."""

    def __init__(self, kind, directory):
        self.commands, self.engine, self.log = [], [], f"{directory}/{kind}-manager.log"
        if kind == "vm":
            daemon = next(filter(shutil.which, ("libvirtd", "virtqemud")), None)
            if daemon and shutil.which("virtlogd"):
                self.commands.append(["virtlogd", "--pid-file", f"{directory}/virtlogd.pid"])
            if daemon:
                self.commands.append([daemon, "--pid-file", f"{directory}/manager.pid"])
            if daemon and shutil.which("virsh"):
                self.engine = ["--engine", "libvirt=qemu:///system"]
        elif shutil.which("dockerd"):
            # Without a bridge and iptables, so that it leaves nothing in this machine's network.
            socket = f"unix://{directory}/docker.sock"
            self.commands.append(
                ["dockerd", "--data-root", f"{directory}/docker", "--exec-root", f"{directory}/exec",
                 "--host", socket, "--pidfile", f"{directory}/manager.pid",
                 "--bridge", "none", "--iptables=false", "--ip-forward=false"])
            if shutil.which("docker"):
                self.engine = ["--engine", f"docker={socket}"]

    @property
    def name(self):
        """The daemon's name; None if none is installed."""
        return self.commands[-1][0] if self.commands else None

    @contextlib.contextmanager
    def running(self):
        """Yields a function that fails if a daemon has ended: without a manager its stage would be the
        host at rest under another name."""
        with contextlib.ExitStack() as stack:
            stack.callback(remove_cgroups, cgroups())
            stack.callback(cleanup.unmount_below, os.path.dirname(self.log))
            processes = [stack.enter_context(running(c, self.log)) for c in self.commands]
            if processes:
                time.sleep(3)
            yield lambda: [check_manager(p, self.log) for p in processes]


def cgroups():
    """The top-level cgroups of any hierarchy whose names the daemons use."""
    return {path for name in ("docker", "machine") for where in ("", "*/")
            for path in glob.glob(f"/sys/fs/cgroup/{where}{name}")}


def remove_cgroups(there_before):
    """Removes the empty ones that a daemon created and left behind."""
    for path in cgroups() - there_before:
        with contextlib.suppress(OSError):
            os.rmdir(path)


@contextlib.contextmanager
def running(argv, log):
    with open(log, "a", encoding="utf-8") as out:
        # Its temporary files, such as containerd's stacks when that ends slowly, go where all is removed.
        process = subprocess.Popen([*WITH_US, *argv], stdout=out, stderr=out,
                                   env={**os.environ, "TMPDIR": os.path.dirname(log)},
                                   stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        cleanup.stop(process)


def check_manager(process, log):
    if process.poll() is not None:
        with open(log, encoding="utf-8", errors="replace") as f:
            said = f.read().strip().splitlines()
        fail(process.args[len(WITH_US)], f"ended with status {process.returncode}: "
             + (said[-1][:200] if said else "it said nothing"), "see that it runs, or remove it")


@contextlib.contextmanager
def target(kind, engine):
    """Apache in a guest or a container; yields what tools/lab prints about it."""
    with contextlib.ExitStack() as stack:
        try:
            got = stack.enter_context(cleanup.lab_target(kind, *engine))
        except subprocess.CalledProcessError as error:
            said = error.stderr.strip().splitlines()
            fail(kind, "did not start", said[-1] if said else "see tools/lab")
        yield got


def mark(recorder, name):
    subprocess.run([VIRTAX, "mark", "--pid", str(recorder.pid), name], check=True)


def wait_for_recorder(recorder):
    """Waits until the recording accepts marks; how long attaching takes depends on the machine."""
    name, end = f"@virtax-mark/{recorder.pid}", time.monotonic() + 60
    while recorder.poll() is None and time.monotonic() < end:
        with open("/proc/net/unix", encoding="ascii", errors="replace") as f:
            if any(line.split()[-1] == name for line in f):
                return
        time.sleep(0.05)
    fail("virtax record", "does not start", "see above")


def fetched(lab, name):
    """A file that the guest serves; None: it is not there."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"{lab['url']}.lab/{name}", timeout=10) as answer:
            return answer.read()
    except (urllib.error.URLError, OSError):
        return None


def await_file(lab, name, what):
    end = time.monotonic() + INSIDE_SECONDS
    while time.monotonic() < end:
        got = fetched(lab, name)
        if got:
            return got
        time.sleep(0.2)
    return fail("the guest", what, "see the console of tools/lab up vm --inside")


def end_inside(lab, path):
    """Ends the recording in the guest, and saves it."""
    with contextlib.suppress(OSError):  # it may have ended by itself
        socket.create_connection((lab["ip"], int(lab["inside_port"])), timeout=10).close()
    with open(path, "wb") as f:
        f.write(await_file(lab, "inside.json", "its recording does not end"))


def join(path, lab):
    """Joins the guest's recording to that of the host, which becomes FILE-host.json."""
    stem = path[:-len(".json")]
    os.rename(path, f"{stem}-host.json")
    with open(f"{stem}-host.json", encoding="utf-8") as f:
        vm = next(t["label"] for t in json.load(f)["targets"] if t["pid"] == int(lab["pid"]))
    done = subprocess.run([VIRTAX, "join", f"{stem}-host.json", f"{vm}={stem}-guest.json", "-o", path],
                          check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"study: what was recorded in the guest is left out: {done.stderr.strip()}", file=sys.stderr)
        shutil.copy(f"{stem}-host.json", path)


def one_repeat(kind, directory, scratch, number, options):
    """One recording through all stages, with the facts that the tables need."""
    path = os.path.join(directory, f"{kind}-{number:02}.json")
    inside = ["--inside", str(int(options.seconds) + 2 * INSIDE_SECONDS)] if kind == "vm" else []
    recorder = subprocess.Popen([*WITH_US, VIRTAX, "record", "-q", "-i", "0.5", "-l", kind, "-o", path],
                                stdin=subprocess.DEVNULL)
    try:
        wait_for_recorder(recorder)
        time.sleep(options.seconds)
        mark(recorder, "manager starts")
        manager = Manager(kind, scratch)
        with manager.running() as check:
            check()
            mark(recorder, MANAGER)
            time.sleep(options.seconds)
            check()
            mark(recorder, "boot")
            with target(kind, [*manager.engine, *inside]) as lab:
                if inside:
                    await_file(lab, "recording", "it does not begin to record")
                    time.sleep(QUIET_SECONDS)
                subprocess.run([LOAD, lab["url"], "-n", "100"], check=True,
                               stdout=subprocess.DEVNULL)
                mark(recorder, SERVING)
                subprocess.run([LOAD, lab["url"], "-r", str(options.rate), "-d",
                                str(options.seconds)], check=True, stdout=subprocess.DEVNULL)
                mark(recorder, "end")
                if inside:
                    time.sleep(QUIET_SECONDS)
                recorder.send_signal(signal.SIGINT)
                if recorder.wait(60):
                    fail("virtax record", f"status {recorder.returncode}", "see above")
                if inside:
                    end_inside(lab, f"{path[:-len('.json')]}-guest.json")
    finally:
        cleanup.stop(recorder)
    if inside:
        join(path, lab)
    with open(path, encoding="utf-8") as f:
        run = json.load(f)
    return {"run": run, "pid": int(lab["pid"]), "accel": lab["accel"],
            "engine": lab["engine"], "manager": manager.name}


def write_pages(directory):
    """A page beside each run file."""
    for path in sorted(glob.glob(os.path.join(directory, "*-[0-9][0-9].json"))):
        subprocess.run([VIRTAX, "report", path, "--format", "html", "-o", path[:-len("json")] + "html"], check=True)


def remove_scratch():
    """Removes what killed studies have left behind."""
    for path in glob.glob(os.path.join(tempfile.gettempdir(), f"{SCRATCH}*-*")):
        pid = os.path.basename(path)[len(SCRATCH):].split("-")[0]
        if not os.path.exists(f"/proc/{pid}"):
            shutil.rmtree(path, ignore_errors=True)
