"""Fixtures of the tests of the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from deskull import formats
from deskull.cli import app


@pytest.fixture
def deskull():
    """Run a command in this process."""
    runner = CliRunner()
    return lambda *args: runner.invoke(app, [str(arg) for arg in args])


@pytest.fixture
def strip(deskull, toy_model):
    """Run ``deskull strip`` with the toy network."""
    return lambda *args: deskull("strip", *args, "--model", toy_model)


@pytest.fixture
def scan(tmp_path, tiny_head):
    """A scan of a head, alone in a folder."""
    (tmp_path / "scans").mkdir()
    path = tmp_path / "scans" / "sub-01_T1w.nii.gz"
    formats.write(tiny_head, path)
    return path
