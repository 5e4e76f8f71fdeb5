#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""report.py RUNS [FILE.md] - one table of what the machines in RUNS found, on standard output; with
FILE.md, the tables of results between its markers are rewritten too."""

import json
import os
import re
import sys

BEGIN, END = "<!-- results: by tools/kernels --docs -->", "<!-- end of results -->"


def load(path, default):
    try:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError):
        return default


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def by_version(run):
    return [int(n) for n in re.findall(r"\d+", run["release"])[:3]] + [run["cgroup"]]


def runs(where):
    found = []
    for name in os.listdir(where):
        base = os.path.join(where, name)
        found.append({
            "name": name.rpartition("-")[0], "cgroup": name.rpartition("-")[2],
            "outcome": read(f"{base}/outcome").strip() or "INFRA",
            "release": load(f"{base}/out/boot.json", {}).get("host", {}).get("kernel", "0"),
            "notes": load(f"{base}/out/notes.json", {}),
            "hooks": load(f"{base}/out/check.json", {}).get("hooks", []),
            "degraded": load(f"{base}/out/http.json", {}).get("degraded", []),
            "tests": read(f"{base}/out/results").count("\n"),
        })
    return sorted(found, key=by_version)


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(c).replace("|", "/") for c in row) + " |"


def outcomes(found):
    names = []
    for run in found:
        names += [n for n in run["notes"] if n not in names and n != "cgroup"]
    head = ["", *(f"{r['name']} {r['cgroup']}" for r in found)]
    rows = [["kernel", *(r["release"] for r in found)],
            ["outcome (tests)", *(f"{r['outcome']} ({r['tests']})" for r in found)]]
    rows += [[n, *(r["notes"].get(n, "") for r in found)] for n in names]
    return table(head, rows)


def one_per_kernel(found):
    return list({r["release"]: r for r in found}.values())


def most(found, release, program):
    """The larger one of v1 and v2: with v1 there are more hierarchies to search."""
    return max((h["verified_insns"] or 0 for r in found if r["release"] == release
                for h in r["hooks"] if h["program"] == program), default=0)


def instructions(found):
    kernels = one_per_kernel(found)
    programs = []
    for run in kernels:
        programs += [h["program"] for h in run["hooks"] if h["program"] not in programs]
    return table(["program", *(r["release"] for r in kernels)],
                 [[p, *(most(found, r["release"], p) or "–" for r in kernels)] for p in programs])


def missing(found):
    kernels = one_per_kernel(found)
    return table(["kernel", "hooks that are off", "entries in `degraded` of the http run"],
                 [[r["release"],
                   ", ".join(f"{h['hook']} ({h['why']})" for h in r["hooks"] if h["state"] == "off")
                   or "–",
                   "; ".join(f"{d['what']}: {d['why']}" for d in r["degraded"]) or "–"]
                  for r in kernels])


def write_docs(path, found):
    parts = [BEGIN, "", *outcomes(found), "",
             "Instructions that the verifier processed, by program; the larger number of v1 and v2:", "",
             *instructions(found), "", "What was missing:", "", *missing(found), "", END]
    text = read(path)
    new = "\n".join(parts)
    if BEGIN in text and END in text:
        text = text[:text.index(BEGIN)] + new + text[text.index(END) + len(END):]
    else:
        text = text.rstrip("\n") + "\n\n" + new + "\n"
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    found = runs(sys.argv[1])
    for line in outcomes(found):
        print(line)
    if len(sys.argv) > 2:
        write_docs(sys.argv[2], found)


main()
