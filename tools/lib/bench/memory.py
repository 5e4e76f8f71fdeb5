# SPDX-License-Identifier: GPL-2.0-or-later
"""What reading the memory of targets costs, and the recorder's own memory."""

import json
import os
import re
import subprocess
import time

import cleanup
from bench.common import TOP, VIRTAX, say, target_cgroup

FAULT = os.path.join(TOP, "build", "tests", "fault")


def own_cpu_ms(cgroup, only, *options):
    with cleanup.temporary_file(suffix=".json") as run:
        subprocess.run([VIRTAX, "record", "-q", "--only", only, "--cgroup", cgroup, "-o", run.name,
                        *options], check=True)
        with open(run.name, encoding="utf-8") as file:
            doc = json.load(file)
    rows = [r["targets"][0]["memory"] for r in doc["intervals"]]
    walked = sum(bool(r and r["pss_bytes"] is not None) for r in rows)
    return doc["self"]["user_cpu_ns"] / 1e6, f"{walked}/{len(rows)}"


def bench_footprint_of(cgroup, n):
    say(f"memory of {n} processes …")
    inside = f"echo 0 > {cgroup}/cgroup.procs; exec {FAULT} -m touch -n 256"
    made = [subprocess.Popen(["sh", "-c", inside], stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL) for _ in range(n)]
    try:
        time.sleep(1 + n / 500)
        whole = own_cpu_ms(cgroup, "memory", "-d", "0.5", "-i", "60")[0] - \
            own_cpu_ms(cgroup, "cpu", "-d", "0.5", "-i", "60")[0]
        rows, walked = own_cpu_ms(cgroup, "memory", "-d", "5")
        rows -= own_cpu_ms(cgroup, "cpu", "-d", "5")[0] + whole
        print(f"| {n} | {whole:.1f} | {rows / 5:.1f} | {walked} |")
    finally:
        for process in made:
            process.kill()
            process.communicate()


def bench_footprint():
    print("\n### Memory of targets\n\nProcesses with 1 MiB each; ms of the recorder's CPU time. A full "
          "reading happens at the window's start. A row may spend 1 % of its length on page tables, 2 % "
          "in all: what would exceed that is left out.\n")
    print("| processes | full reading, ms | a row of 1 s, ms | rows with PSS |\n|---|---|---|---|")
    with target_cgroup() as cgroup:
        for n in (10, 100, 1000):
            bench_footprint_of(cgroup, n)


def bench_memory():
    with cleanup.temporary_file(suffix=".json") as run:
        subprocess.run([VIRTAX, "record", "-q", "-d", "3", "-o", run.name], check=False)
        with open(run.name, encoding="utf-8") as file:
            peak = int(re.search(r'"max_rss_bytes":\s*([0-9]+)', file.read())[1])
    print(f"\n### Memory\n\nThe recorder's peak resident memory: {peak / 2**20:.1f} MiB.")
