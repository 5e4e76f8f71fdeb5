# SPDX-License-Identifier: GPL-2.0-or-later
"""What a comparison of many runs costs."""

import os
import subprocess
import time

import cleanup
from bench.common import TOP, VIRTAX


def bench_compare(runs=1000):
    """Time and peak memory of virtax compare; by wait4, as GNU time may not be installed."""
    with cleanup.temporary_directory() as files:
        subprocess.run([os.path.join(TOP, "tests", "golden", "make-runs"), files, str(runs)],
                       check=True)
        names = sorted(os.path.join(files, name) for name in os.listdir(files))
        start = time.monotonic()
        process = subprocess.Popen([VIRTAX, "compare", *names], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"bench: compare: status {status}")
        size = sum(os.path.getsize(name) for name in names)
        print(f"\n### Comparison\n\n{runs} runs ({size / 2**20:.1f} MiB) in two groups: "
              f"{time.monotonic() - start:.2f} s, {usage.ru_maxrss / 1024:.1f} MiB peak.")
