# SPDX-License-Identifier: GPL-2.0-or-later
"""One browser for all tests, and the pages that they look at."""

import os
import subprocess

import pytest

from browser import Browser
from runs import ROOT, VIRTAX


@pytest.fixture(scope="session")
def browser():
    one = Browser()
    yield one
    one.close()


@pytest.fixture(scope="session")
def page(tmp_path_factory):
    """page(COMMAND, RUN…) writes the page, once, and returns its path."""
    pages, folder = {}, tmp_path_factory.mktemp("pages")

    def make(*arguments):
        if arguments not in pages:
            path = folder / f"{len(pages)}.html"
            done = subprocess.run([VIRTAX, *arguments, "--format", "html", "-o", path], cwd=ROOT, check=False,
                                  capture_output=True, text=True)
            # 1: the page says that the runs are not to be trusted
            assert done.returncode in (0, 1) and os.path.exists(path), done.stderr
            pages[arguments] = path
        return pages[arguments]
    return make
