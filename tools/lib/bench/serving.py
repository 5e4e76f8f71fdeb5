# SPDX-License-Identifier: GPL-2.0-or-later
"""The throughput of a container at saturation with and without the recorder."""

import re
import statistics
import subprocess
import time

import cleanup
from bench.common import VIRTAX, background, say


def throughput(url, seconds):
    out = subprocess.run(["wrk", "-t1", "-c8", f"-d{seconds}s", url], check=True,
                         capture_output=True, text=True).stdout
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", out)[1])


def one(url, name, seconds, recorded):
    if not recorded:
        time.sleep(2)
        return throughput(url, seconds)
    with background([VIRTAX, "record", "-q", "--container", name]):
        return throughput(url, seconds)


def interval(ratios):
    """The median and its 95 % interval by binomial order statistics, which assume no distribution."""
    ratios = sorted(ratios)
    n = len(ratios)
    k = max(0, int(n / 2 - 1.96 * n ** 0.5 / 2))
    return statistics.median(ratios), ratios[k], ratios[n - 1 - k]


def bench_throughput(seconds, pairs):
    with cleanup.lab_target("container") as target:
        throughput(target["url"], 2)
        on_off, off_off, off_rates = [], [], []
        for i in range(pairs):
            say(f"throughput, pair {i + 1} of {pairs} …")
            order = (True, False, False) if i % 2 == 0 else (False, False, True)
            rates = [one(target["url"], target["name"], seconds, on) for on in order]
            on, off1, off2 = (rates[0], rates[1], rates[2]) if i % 2 == 0 else \
                             (rates[2], rates[1], rates[0])
            on_off.append(on / off1)
            off_off.append(off2 / off1)
            off_rates += [off1, off2]
        print("\n### Throughput of a container at saturation\n")
        print(f"Apache in runc, wrk -t1 -c8 for {seconds} s, {pairs} groups of on/off/off in alternating "
              f"order; median rate without the recorder {statistics.median(off_rates):.0f} requests/s.\n")
        print("| ratio | median | 95 % interval |\n|---|---|---|")
        for name, ratios in (("recorder on / off", on_off), ("off / off", off_off)):
            median, low, high = interval(ratios)
            print(f"| {name} | {median:.4f} | {low:.4f} – {high:.4f} |")
