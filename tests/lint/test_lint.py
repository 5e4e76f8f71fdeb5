# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/lint detects each violation planted in a copy of the repository, and finds nothing before.
Needs no root."""

import os
import shutil
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
GIT = ("git", "-c", "safe.directory=*")
SPDX = "// SPDX-License-Identifier: GPL-2.0-or-later\n"
LONG_FUNCTION = "int long_one(void)\n{\n" + "\tcall();\n" * 60 + "\treturn 0;\n}\n"
LONG_PYTHON = "\n\ndef long_one():\n" + "    print()\n" * 60
LONG_JAVASCRIPT = "// SPDX-License-Identifier: GPL-2.0-or-later\nfunction longOne() {\n" + "\tcall();\n" * 60 + "}\n"
LONG_SHELL = "\nlong_one() {\n" + "\techo\n" * 60 + "}\n"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the tracked files in a repository of its own."""
    to = str(tmp_path_factory.mktemp("copy"))
    files = subprocess.run([*GIT, "ls-files", "-z"], cwd=TOP, check=True, capture_output=True,
                           text=True).stdout.split("\0")
    for path in files:
        if path and os.path.isfile(os.path.join(TOP, path)):
            os.makedirs(os.path.dirname(os.path.join(to, path)), exist_ok=True)
            shutil.copy2(os.path.join(TOP, path), os.path.join(to, path))
    subprocess.run(["git", "init", "-q"], cwd=to, check=True)
    track(to)
    return to


def track(copy):
    subprocess.run([*GIT, "add", "-A"], cwd=copy, check=True)


def lint(copy, *checks):
    done = subprocess.run([os.path.join(copy, "tools", "lint"), *checks], check=False,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def plant(copy, path, text):
    """Appends to a file, or creates it; returns a function that undoes this."""
    full = os.path.join(copy, path)
    before = None
    if os.path.exists(full):
        with open(full, encoding="utf-8") as f:
            before = f.read()
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as f:
        f.write((before or "") + text)
    track(copy)

    def undo():
        if before is None:
            os.unlink(full)
        else:
            with open(full, "w", encoding="utf-8") as f:
                f.write(before)
        track(copy)

    return undo


def test_nothing_is_found_before(copy):
    assert lint(copy) == (0, [])


VIOLATIONS = {
    "reversed include": ("includes", "user/model/run.h", '#include "report/term.h"\n',
                         ("user/model/run.h:", "report/term.h", "model may include base")),
    "skipped floor": ("includes", "user/compare/compare.c", '#include "sys/proc.h"\n',
                      ("user/compare/compare.c:", "compare may include base model")),
    "includes not sorted": ("includes", "user/sys/new.c",
                            SPDX + '#include "model/run.h"\n#include "base/str.h"\n',
                            ("user/sys/new.c:3:", "base/str.h after model/run.h")),
    "spaces in the directive": ("includes", "user/base/str.c", '#  include "model/run.h"\n',
                                ("user/base/str.c:", "base may include no other room")),
    "BPF's own header": ("includes", "user/sys/proc.c", '#include "maps.bpf.h"\n',
                         ("user/sys/proc.c:", "maps.bpf.h")),
    "libbpf below its rooms": ("includes", "user/sys/proc.c", "#include <bpf/bpf.h>\n",
                               ("user/sys/proc.c:", "may include libbpf")),
    "generated header elsewhere": ("includes", "user/model/run.c", '#include "virtax.skel.h"\n',
                                   ("user/model/run.c:", "only probes may")),
    "bpf includes user": ("includes", "bpf/sched.bpf.c", '#include "model/run.h"\n',
                          ("bpf/sched.bpf.c:", "may not include user/")),
    "unlisted room": ("includes", "user/attic/old.c", SPDX, ("user/attic:", "table of rooms")),
    "formatting": ("format", "user/base/str.c", "int  badly( void ) ;\n",
                   ("user/base/str.c:", "clang-format")),
    "long function": ("sizes", "user/base/long.c", SPDX + LONG_FUNCTION,
                      ("user/base/long.c:2:", "a function of 64 lines")),
    "long function in Python": ("sizes", "tools/long.py", LONG_PYTHON,
                                ("tools/long.py:3:", "a function of 61 lines")),
    "long function in shell": ("sizes", "tools/lib/long.sh", LONG_SHELL,
                               ("tools/lib/long.sh:2:", "a function of 62 lines")),
    "long function in JavaScript": ("sizes", "user/html/page/long.js", LONG_JAVASCRIPT,
                                    ("user/html/page/long.js:2:", "a function of 62 lines")),
    "long file": ("sizes", "user/base/str.c", "\n" * 400, ("user/base/str.c:", "more than 400")),
    "no licence": ("licence", "user/base/new.c", "int x;\n", ("user/base/new.c:", "no SPDX line")),
    "one name twice in the page": ("scripts", "user/html/page/new.js", SPDX + "function visible(text) {\n}\n",
                                   ("user/html/page/units.js:", "visible() is in user/html/page/new.js, too")),
    "unquoted variable": ("shell", "tools/new", "#!/bin/bash\nrm $1\n", ("tools/new", "SC2086")),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_violation(copy, name):
    check, path, text, words = VIOLATIONS[name]
    assert lint(copy, check) == (0, [])
    undo = plant(copy, path, text)
    try:
        status, lines = lint(copy, check)
    finally:
        undo()
    assert status == 1
    assert all(word in "\n".join(lines) for word in words), lines
    if check != "shell":
        assert len(lines) == 1, lines


def test_full_room(copy):
    undo = [plant(copy, f"user/base/filler{i}.c", SPDX) for i in range(41)]
    try:
        status, lines = lint(copy, "sizes")
    finally:
        for one in undo:
            one()
    assert status == 1
    assert len(lines) == 1 and lines[0].startswith("user/base: ") and "more than 40" in lines[0]


def test_missing_room(copy):
    """A row of the table whose room does not exist shows that the table is out of date."""
    os.rename(os.path.join(copy, "user/load"), os.path.join(copy, "load"))
    track(copy)
    try:
        status, lines = lint(copy, "includes")
    finally:
        os.rename(os.path.join(copy, "load"), os.path.join(copy, "user/load"))
        track(copy)
    assert status == 1
    assert len(lines) == 1 and lines[0].startswith("user/load: ")


def test_unknown_check(copy):
    done = subprocess.run([os.path.join(copy, "tools", "lint"), "nonsense"], check=False,
                          capture_output=True, text=True)
    assert done.returncode == 2
    assert "no such check" in done.stderr
