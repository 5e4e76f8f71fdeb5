# SPDX-License-Identifier: GPL-2.0-or-later
"""The compact lists of a profile in a run file, independently of virtax: groups of columns, and rows."""

SHARED = ("target", "role", "mode", "for")


def rows(groups):
    """[{key: value, ...}, ...]; `up` is the index of a frame, or None."""
    ret = []
    for group in groups:
        columns = {k: v for k, v in group.items() if isinstance(v, list)}
        shared = {k: v for k, v in group.items() if k not in columns}
        lengths = {len(v) for v in columns.values()}
        assert len(lengths) == 1, (lengths, list(columns))
        for i in range(lengths.pop()):
            row = {**shared, **{k: v[i] for k, v in columns.items()}}
            if "up" in row:
                row["up"] = len(ret) - row["up"] if row["up"] else None
            ret.append(row)
    return ret


def columns(list_):
    """The reverse. Rows of a group follow each other."""
    ret, last = [], None
    for i, row in enumerate(list_):
        shared = {k: v for k, v in row.items() if k in SHARED}
        if not ret or shared != last:
            ret.append({**shared, **{k: [] for k in row if k not in shared}})
            last = shared
        for key in row.keys() - shared.keys():
            value = row[key]
            if key == "up":
                value = 0 if value is None else i - value
            ret[-1][key].append(value)
    return ret


def strings(names):
    """Addresses in one file are together."""
    ret = []
    for name in names:
        ret += [name] if isinstance(name, str) else [f"{n} [{name['build_id']}]" for n in name["of"]]
    return ret


def with_rows(run):
    """The run, its profile's lists as rows."""
    if "profile" in run:
        run["profile"]["strings"] = strings(run["profile"]["strings"])
    for key in ("frames", "stacks", "waits"):
        if key in run.get("profile", {}):
            run["profile"][key] = rows(run["profile"][key])
    return run


def with_columns(run):
    for key in ("frames", "stacks", "waits"):
        if key in run.get("profile", {}):
            run["profile"][key] = columns(run["profile"][key])
    return run
