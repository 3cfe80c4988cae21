"""Completion: the shell is given commands, options, choices and the names of the shipped models."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from deskull.cli.options import model_names
from deskull.models import shipped_models
from tests.test_package import SLOW


def complete(line):
    """Return what bash would offer for the last word of a line, and the modules that were loaded for it."""
    words = line.split(" ")
    environment = {"_DESKULL_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    code = (
        "import sys, atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
        "from deskull.cli import app; app(prog_name='deskull')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | environment
    )
    return done.stdout.split(), set(done.stderr.split())


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("deskull ev", ["evaluate"]),
        ("deskull strip --frame ", ["mean", "each"]),
        ("deskull strip --model sm", ["small"]),
        ("deskull scan.nii.gz --m", []),
    ],
    ids=["command", "choice", "model", "a scan in place of a command"],
)
def test_word_is_completed_without_a_slow_library(line, offered):
    completed, modules = complete(line)
    assert completed == offered
    assert not SLOW & modules


def test_all_shipped_models_are_offered():
    assert model_names("") == sorted(model.path.stem for model in shipped_models())


def test_help_lists_how_completion_is_installed(deskull):
    assert "--install-completion" in deskull("--help").stdout
