# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/study: the tables of the study come out whole, add up, and nothing of it is left."""

import json
import os
import re
import subprocess

import lib

STUDY = os.path.join(lib.ROOT, "tools", "study")


def test_container(tmp_path):
    done = subprocess.run([STUDY, "--repeat", "2", "--seconds", "1", "--rate", "50", "--only",
                           "container", "--keep", str(tmp_path)], capture_output=True, text=True,
                          check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    for title in ("Table 7.", "Table 8.", "Figure 5.", "Figure 6.", "Figure 7.", "Serving, Docker"):
        assert title in done.stdout
    # Each figure has an owner for every CPU: the means add up to 100 %.
    for figure in re.split(r"\nFigure ", done.stdout)[1:]:
        table = figure.split("\n\n")[1]
        means = [float(cell) for cell in re.findall(r" (-?[\d.]+) ±", table)]
        assert len(means) == 7 and abs(sum(means) - 100) < 0.5, table
    assert "88.13" in done.stdout and "85.67" in done.stdout  # the paper's, beside
    for name in ("container-01.json", "container-02.json"):
        run = lib.Run(lib.read(tmp_path / name))
        run.check_schema()
        assert [s["name"] for s in run["stages"]] == \
            ["start", "manager starts", "manager", "boot", "serving", "end"]
        serving = run["stages"][4]
        counts = [t["requests"]["count"] for t in serving["targets"]]
        assert 50 in counts, counts  # a second at 50 requests/s, by the load generator's clock
        assert json.dumps(run["stages"][0]["targets"]).count("vtxdemo") == 0
    assert str(tmp_path) not in lib.read("/proc/self/mounts")


def test_wrong_command_lines():
    for args in (["--repeat", "0"], ["--only", "jail"], ["--seconds", "x"]):
        done = subprocess.run([STUDY, *args], capture_output=True, text=True, check=False)
        assert done.returncode == 2, (args, done.stderr)
