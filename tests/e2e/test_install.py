# SPDX-License-Identifier: GPL-2.0-or-later
"""make install and uninstall, and the completion of the shell that they put in place."""

import os
import subprocess

import lib
import pytest

COMPLETION = os.path.join(lib.ROOT, "tools", "virtax.bash")
INSTALLED = ["bin/virtax-load", "lib/systemd/system/virtax.service", "sbin/virtax", "share/bash-completion/completions/virtax",
             "share/man/man8/virtax.8", "share/virtax/prometheus/dashboard.json",
             "share/virtax/prometheus/rules.test.yml", "share/virtax/prometheus/rules.yml"]
ANSWER = """
source "$COMPLETION"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_virtax_complete "$1"
[ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(*words, cwd=None):
    """What bash offers for the last word; = is a word of its own, as in COMP_WORDS."""
    path = f"{os.path.dirname(lib.VIRTAX)}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "--norc", "-c", ANSWER, "bash", *words], check=True, cwd=cwd,
                          env={**os.environ, "PATH": path, "COMPLETION": COMPLETION},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert "command not found" not in done.stderr, done.stderr
    return done.stdout.splitlines()


def make(target, *variables):
    """Without building: make test has built everything, maybe with flags of its own."""
    subprocess.run(["make", "-s", "-C", lib.ROOT, "-o", "all", target, *variables], check=True,
                   capture_output=True, timeout=60)


def files_below(top):
    return sorted(os.path.relpath(os.path.join(where, name), top)
                  for where, _, names in os.walk(top) for name in names)


@pytest.mark.parametrize("prefix", ["/usr/local", "/usr"])
def test_uninstall_removes_what_install_put_there(tmp_path, prefix):
    stage = tmp_path / "stage"
    at = [f"DESTDIR={stage}", f"prefix={prefix}"]
    top = stage / prefix.lstrip("/")
    kept = sorted({str(top / os.path.dirname(path) / "another") for path in INSTALLED})
    for path in kept:
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="ascii"):
            pass
    make("install", *at)
    assert files_below(top) == sorted(INSTALLED + [os.path.relpath(p, top) for p in kept])
    assert os.access(top / "sbin/virtax", os.X_OK) and not os.access(top / INSTALLED[3], os.X_OK)
    assert f"ExecStart={prefix}/sbin/virtax serve\n" in lib.read(str(top / INSTALLED[1]))
    done = subprocess.run([top / "sbin/virtax", "--version"], check=True, capture_output=True,
                          text=True)
    assert done.stdout == lib.virtax("--version").stdout
    make("uninstall", *at)
    assert files_below(top) == sorted(os.path.relpath(p, top) for p in kept)
    make("uninstall", *at)  # nothing there: no error


def test_commands_options_and_values():
    assert {"record", "report", "list", "--help"} <= set(complete("virtax", ""))
    assert complete("virtax", "rec") == ["record"]
    assert {"--vm", "--container", "--split"} <= set(complete("virtax", "record", "--"))
    assert complete("virtax", "record", "--inter") == ["--interleave", "--interval"]
    assert complete("virtax", "record", "--split", "") == ["exact", "sample", "off"]
    assert complete("virtax", "record", "--split", "=", "s") == ["sample"]
    assert complete("virtax", "record", "--split", "=") == ["exact", "sample", "off"]
    assert complete("virtax", "record", "--only", "cpu,m") == ["cpu,memory"]
    assert set(complete("virtax", "report", "-f", "")) == {"term", "json", "csv", "html", "openmetrics",
                                                           "prometheus"}
    assert complete("virtax", "compare", "--target", "x", "--by", "l") == ["label"]
    assert complete("virtax", "record", "-d", "") == []
    assert complete("virtax", "nonsense", "") == []


def test_files_and_commands(tmp_path):
    (tmp_path / "a run.json").touch()
    assert complete("virtax", "report", "a", cwd=tmp_path) == ["a run.json"]
    assert complete("virtax", "compare", "--by", "label", "a", cwd=tmp_path) == ["a run.json"]
    assert complete("virtax", "record", "-o", "a", cwd=tmp_path) == ["a run.json"]
    assert "true" in complete("virtax", "record", "-d", "1", "--", "tru")


def test_targets_are_those_that_list_shows(spawn, tmp_path):
    """Names from outside are quoted; completing them runs nothing."""
    qemu = lib.copy_as(lib.load("fakevm"), str(tmp_path / "bin"), "qemu-system-x86_64")
    plain, odd = f"{lib.PREFIX}plain", f"{lib.PREFIX}odd $(touch pwned) ;x"
    for name in (plain, odd):
        spawn([qemu, "-name", f"guest={name},debug-threads=on"])
    quoted = odd.replace("$", "\\$").replace("(", "\\(").replace(")", "\\)") \
        .replace(";", "\\;").replace(" ", "\\ ")
    assert set(complete("virtax", "record", "--vm", lib.PREFIX, cwd=tmp_path)) == {plain, quoted}
    for words in (["--vm", plain[:-1]], ["--vm", "=", plain[:-1]], ["--vm", "a", "=", plain[:-1]],
                  ["-d", "3", "--vm", "=", "a", "=", plain[:-1]]):
        assert complete("virtax", "record", *words) == [plain]
    assert complete("virtax", "record", "--vm", quoted[:-4], cwd=tmp_path) == [quoted]
    assert plain not in complete("virtax", "record", "--container", "")
    assert os.listdir(tmp_path) == ["bin"]
