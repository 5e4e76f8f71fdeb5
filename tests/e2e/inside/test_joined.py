# SPDX-License-Identifier: GPL-2.0-or-later
"""`virtax join` of a real guest that does known things, one after the other: nothing, a burner, a server,
the same with a cost that was added, and with a timer. The other sources are the guest's own kernel, the
programs in it and the load generator. The guest's clocks run on while its vCPU waits or exits, so what it
counts is an upper bound of its guest time, and the lower bound is that less its part of waits and exits."""

import json
import os
import subprocess
import time

import pytest

import guestvm
import lib

SECONDS, RATE, PORT = 1.2, 50, 8100
APART = 0.5  # a row is 0.2 s, and clocks agree within some tenths: what is next to an end is idle
# Of a request. Both take longer than the recorder, whose cost in an emulated guest is corrected only to 10 or 20 %.
ROUNDS = {"plain": "r1200016", "slow": "r2400016"}


def mark(recording, name):
    assert lib.virtax("mark", "--pid", str(recording.process.pid), name).returncode == 0


def serve(guest, name):
    """Its server does so many rounds for each request, and logs what it burned."""
    guest.order("kill $(pidof vtx-httpd) 2>/dev/null; sh -c 'echo $$ >/sys/fs/cgroup/serve/cgroup.procs; "
                f"exec vtx-httpd \"*{PORT}\" {ROUNDS[name]} 100' </dev/null >/run/{name} 2>&1 &")
    lib.wait_until("the server", lambda: "rounds" in guest.order(f"cat /run/{name}"), every=0.1)


def drive(guest):
    """Returns how many requests were answered."""
    said = subprocess.run(
        [os.path.join(lib.ROOT, "build", "virtax-load"), f"http://{guest.ip}:{PORT}/", "-r", str(RATE), "-d",
         str(SECONDS), "-c", "1", "--json"], check=True, capture_output=True, text=True, timeout=60)
    return json.loads(said.stdout)["ok"]


def burned(guest, name):
    """What the server burned for its one connection: by its own CPU clock, and without disturbances."""
    def told():
        said = lib.values(guest.order(f"cat /run/{name}"))
        return "undisturbed_ns" in said and (said["burned_ns"], said["undisturbed_ns"])

    return lib.wait_until("what the server burned", told, every=0.1)


def act(guest, recording, said):
    """All that the guest does; what is not virtax says about it."""
    time.sleep(APART)
    mark(recording, "idle")
    time.sleep(SECONDS)
    mark(recording, "burn")
    time.sleep(APART)
    guest.order("sh -c 'echo $$ >/sys/fs/cgroup/burn/cgroup.procs; exec vtx-spin -w 1500'")
    time.sleep(APART)
    mark(recording, "after burn")
    for name in ("plain", "slow"):
        serve(guest, name)
        mark(recording, name)
        time.sleep(APART)
        said[name] = drive(guest)
        time.sleep(APART)
        mark(recording, f"after {name}")
        said[f"{name}_ns"] = burned(guest, name)
    serve(guest, "plain")
    guest.order("vtx-spin -w 60000 -p 1000 -b 1 </dev/null >/dev/null 2>&1 &")
    mark(recording, "timer")
    time.sleep(APART)
    said["timer"] = drive(guest)
    time.sleep(APART)
    mark(recording, "after timer")
    guest.order("kill $(pidof vtx-spin)")
    time.sleep(APART)


class Done:
    """The joined run, the guest's own, and what others say."""

    def __init__(self, guest, directory):
        self.said, path = {}, f"{directory}/guest.json"
        guest.set_clock()
        guest.order("mkdir /sys/fs/cgroup/burn /sys/fs/cgroup/serve")
        serve(guest, "plain")
        guest.begin_inside("--cgroup burn=/sys/fs/cgroup/burn --cgroup serve=/sys/fs/cgroup/serve",
                           f"--http serve:eth0:{PORT}")
        before = {name: guest.usage_ns(name) for name in ("burn", "serve")}
        with lib.Recording(directory, ["--vm", f"vm={guest.pid}", "--http", f"vm:{guest.dev}:{PORT}", "-i", "0.2"],
                           timeout=60) as recording:
            act(guest, recording, self.said)
        self.usage = {name: guest.usage_ns(name) - ns for name, ns in before.items()}
        guest.end_inside(path)
        joined = f"{directory}/joined.json"
        done = lib.virtax("join", recording.file, f"vm={path}", "-o", joined)
        assert done.returncode == 0, done.stderr
        self.file, self.guest, self.run = joined, lib.Run(lib.read(path)), lib.Run(lib.read(joined))
        self.vm = self.run.target("vm")

    def stage(self, name):
        at = [t["label"] for t in self.run["targets"]].index("vm")
        stage = next(s for s in self.run["stages"] if s["name"] == name)
        return stage["targets"][at], stage["length_ns"]

    def work_ns(self, name):
        """Guest time of the guest's targets in that stage."""
        return sum(self.stage(name)[0]["inside"]["work"].values())

    def each_ns(self, name, part):
        target, _ = self.stage(name)
        return target["inside"]["work"][part] / target["requests"]["count"]


@pytest.fixture(scope="module")
def done(module_dir):
    guest = guestvm.GuestVm(module_dir, "httpd", "spin")
    try:
        return Done(guest, module_dir)
    finally:
        guest.remove()


def in_guest(target):
    """The least part of what the guest's clock says that was guest time: it also ran on in exits and waits."""
    base, inside = "guest_ns" if target["accel"] == "kvm" else "user_ns", target["inside"]
    vcpu = target["cpu"]["roles"]["vcpu"]
    out = sum(ns or 0 for mode, ns in vcpu.items() if mode.endswith("_ns") and mode != base)
    return inside["total_ns"] / (inside["total_ns"] + out + target["sched"]["wait_ns"])


def test_parts_add_up(done):
    done.run.check_schema()
    for target in [done.vm, *(done.stage(name)[0] for name in ("idle", "burn", "plain", "slow", "timer"))]:
        inside = target["inside"]
        assert sum(inside["work"].values()) + sum(inside["rest"].values()) == inside["total_ns"] > 0


def test_requests_are_equal(done):
    """In the guest, at its tap, and by the load generator."""
    answered = sum(done.said[name] for name in ("plain", "slow", "timer"))
    join = done.vm["inside"]["join"]
    assert answered == done.vm["requests"]["count"] == join["host_requests"] == join["requests"], join
    assert answered == done.guest.target("serve")["requests"]["count"]


def test_the_guest_agrees_with_its_kernel(done):
    """User, kernel and what interrupted them: cpu.stat of the burner, and of the server for each request. Of
    the server's time a tenth is interrupts and the recorder, whose parts an emulated clock gives roughly."""
    done.guest.check_cpu("burn", done.usage["burn"], 0.02)
    done.guest.check_cpu("serve", done.usage["serve"], 0.05)


def test_the_burner_is_on_its_name(done):
    """The run's error bar covers it; the stage in which it ran alone is closer. (Over the whole run, what the
    guest lost to waits and exits is spread over all that ran, though most of it was lost elsewhere.)"""
    burn = next(t for t in done.vm["inside"]["guest_targets"] if t["label"] == "burn")
    work = sum(ns for key, ns in burn.items() if key.endswith("_ns"))
    wall = done.guest.target("burn")["cpu"]["total_ns"]
    least = in_guest({**done.stage("burn")[0], "accel": done.vm["accel"]}) * wall
    error = done.vm["inside"]["join"]["error_ns"]
    assert least - error <= work <= wall + error, (work, wall, least, error)
    assert 0.9 * least <= done.work_ns("burn") <= 1.05 * wall, (done.work_ns("burn"), wall, least)
    assert burn["user_ns"] > 0.5 * work, burn  # user and kernel time by samples


def test_idling_is_no_work(done):
    """Exits and polling of an idle guest, its timer and recorder."""
    idle, _ = done.stage("idle")
    assert done.work_ns("idle") < 0.2 * idle["inside"]["total_ns"], idle["inside"]
    assert done.work_ns("idle") < 0.1 * done.work_ns("burn")


def each(done, name):
    return done.work_ns(name) / done.stage(name)[0]["requests"]["count"]


def test_an_added_cost_is_user_time_of_the_work(done):
    """The server says what it burned more for a request. Which of it is user time is known by samples."""
    most, undisturbed = (slow / done.said["slow"] - plain / done.said["plain"]
                         for slow, plain in zip(done.said["slow_ns"], done.said["plain_ns"]))
    got = each(done, "slow") - each(done, "plain")
    least = in_guest({**done.stage("slow")[0], "accel": done.vm["accel"]})
    bar = (1 - least) * each(done, "slow")  # of waits and exits it is not known which requests they hit
    assert least * undisturbed - bar <= got <= most + bar, (got, most, undisturbed, least, bar)
    assert got > 0.4 * undisturbed, (got, undisturbed)
    user = done.each_ns("slow", "user_ns") - done.each_ns("plain", "user_ns")
    assert user > 0.5 * got and user > abs(done.each_ns("slow", "kernel_ns") - done.each_ns("plain", "kernel_ns"))


def test_an_added_timer_is_the_guests_kernel(done):
    """1,000 times a second: interrupts, and a task that is no target of the guest's recording."""
    def rate(name):
        target, length = done.stage(name)
        rest = target["inside"]["rest"]
        return (rest["hardirq_ns"] + rest["other_ns"]) / length, done.work_ns(name) / length

    (rest, work), (before, work_before) = rate("timer"), rate("plain")
    assert rest > 1.5 * before and rest - before > work - work_before, (rest, before, work, work_before)


def test_what_shows_it(done):
    """Every command that reads a run file."""
    for form, word in (("term", "Inside vm"), ("html", "Inside the guest"), ("openmetrics", "virtax_inside_work_seconds_total")):
        shown = lib.virtax("report", done.file, "--format", form)
        assert shown.returncode == 0 and word in shown.stdout, (form, shown.stderr)
    shown = lib.virtax("top", "--replay", done.file, "-b", "-n", "1")
    assert shown.returncode == 0 and "vm" in shown.stdout, shown.stderr
