# SPDX-License-Identifier: GPL-2.0-or-later
"""A CPU that goes offline and comes back during the recording, and one that comes online for the
first time: the books balance, and tasks that run in the meantime are charged."""

import time

import conftest
import cputime
import lab
import lib

CPU1 = "/sys/devices/system/cpu/cpu1/online"


def online(yes):
    with open(CPU1, "w", encoding="ascii") as f:
        f.write("1" if yes else "0")
    lab.wait(f"cpu1 {yes}", lambda: lib.read(CPU1).strip() == str(int(yes)), 10)


def spin(container, milliseconds):
    before = container.usage_ns()
    container.execute(["/loads/spin", "-w", str(milliseconds)])
    return container.usage_ns() - before


def test_a_cpu_goes_and_comes_back(container, targets, note):
    hotplug = conftest.recording(*targets, "--only", "cpu", name="hotplug")
    hotplug.check, hotplug.may_end = False, (0, 1)
    try:
        with hotplug as rec:
            time.sleep(0.3)
            online(False)
            used = spin(container, 800)
            online(True)
            used += spin(container, 800)
    finally:
        online(True)
    run = rec.run
    note("books ppm, CPU hotplug", run["books"]["error_ppm"])
    assert run["books"]["error_ppm"] <= 1000, run["books"]
    assert run["window"]["cpus"] == 2
    # Newer kernels sometimes skip a handler while a CPU is taken offline: then the run has to
    # report it.
    lost = {cause for cause, n in run["books"]["lost"].items() if n}
    assert lost <= {"missed"} and rec.process.returncode == (1 if lost else 0), run["books"]
    cputime.compare(run, "web", used, 0.03)


def test_a_cpu_comes_late(container, targets):
    try:
        online(False)
        with conftest.recording(*targets, "--only", "cpu", name="latecpu") as rec:
            time.sleep(0.3)
            online(True)
            used = spin(container, 800)
            time.sleep(1.2)  # a row of the series starts its clock
    finally:
        online(True)
    run = rec.run
    assert run["books"]["error_ppm"] <= 1000, run["books"]
    assert run["window"]["cpus"] == 2
    assert run.target("web")["cpu"]["total_ns"] <= 1.05 * used
