# SPDX-License-Identifier: GPL-2.0-or-later
"""The runs that the pages are made of, and larger ones made from them."""

import copy
import glob
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
VIRTAX = os.environ.get("VIRTAX", os.path.join(ROOT, "virtax"))
sys.path.insert(0, os.path.join(ROOT, "tests/e2e/profile"))
import columns  # noqa: E402

GOLDEN = sorted(os.path.relpath(p, ROOT) for p in glob.glob(os.path.join(ROOT, "tests/golden/*.json")))


def some(pattern):
    return sorted(os.path.relpath(p, ROOT) for p in glob.glob(os.path.join(ROOT, pattern)))


COMPARISONS = {
    "ab": some("tests/golden/compare/ab-*.json"),
    "two": ["--base", "kvm", *some("tests/golden/compare/two-*.json")],
    "kernel": ["--by", "kernel", *some("tests/golden/compare/kernel-*.json")],
    "stage": ["--by", "stage", *some("tests/golden/compare/stages-*.json")],
    "steps": ["--load-steps", *some("tests/golden/compare/steps-*.json")],
    "joined": ["--by", "target", "tests/golden/joined.json"],
    "functions": ["--functions", *some("tests/golden/compare/func-*.json")],
    "pages": some("docs/example/small-*.json") + some("docs/example/big-*.json"),
}


def load(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return columns.with_rows(json.load(f))


def save(run, path):
    with open(path, "w", encoding="utf-8") as f:
        f.write(json.dumps(columns.with_columns(run)))  # faster than json.dump
    return str(path)


def with_rows(run, rows):
    """The run with so many rows, its own repeated; numbers vary a little."""
    out = copy.deepcopy(run)
    own, out["intervals"] = out["intervals"], []
    texts = [json.dumps(row) for row in own]
    for i in range(rows):
        row = json.loads(texts[i % len(texts)])
        row["length_ns"], row["at_ns"] = 1000000000 + i % 7, 1000000000 * (i + 1) + i % 7
        for target in row["targets"]:
            if target.get("requests") and target["requests"].get("count"):
                target["requests"]["count"] += i % 13
        out["intervals"].append(row)
    out["window"]["wall_ns"] = out["intervals"][-1]["at_ns"]
    return out


def with_targets(run, n):
    """The run with so many targets, copies of its first; without rows and stages."""
    out = copy.deepcopy(run)
    out["intervals"], out["stages"] = [], []
    out["targets"] = []
    for i in range(n):
        target = copy.deepcopy(run["targets"][0])
        target["label"] = f"copy-{i}"
        out["targets"].append(target)
    return out


def at(tree, path):
    """The value at "targets.0.cpu.total_ns"; a key may contain dots."""
    if path == "":
        return tree
    parts = path.split(".")
    for n in range(len(parts), 0, -1):
        key, rest = ".".join(parts[:n]), ".".join(parts[n:])
        if isinstance(tree, list) and key.isdigit() and int(key) < len(tree):
            return at(tree[int(key)], rest)
        if isinstance(tree, dict) and key in tree:
            return at(tree[key], rest)
    raise KeyError(path)
