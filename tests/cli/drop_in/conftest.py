"""Fixtures of the tests of the drop-in commands."""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from deskull import formats
from deskull.cli.drop_in.command import run

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


@pytest.fixture(autouse=True)
def folder(tmp_path, tiny_head, monkeypatch):
    """The current folder, which holds one scan; FSL is not set up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FSLOUTPUTTYPE", raising=False)
    formats.write(tiny_head, "t1.nii.gz")
    return tmp_path


@pytest.fixture
def toy(toy_model):
    """Run a command line of a tool with the toy network in place of its own; returns the exit status."""

    def run_toy(read, line: str) -> int:
        def read_toy(arguments):
            request = read(arguments)
            return replace(request, options=replace(request.options, model=toy_model))

        return run(read_toy, line.split())

    return run_toy


@pytest.fixture
def installed(folder, monkeypatch):
    """Put the commands of the project on the path, as an installation does; returns their folder."""
    commands = folder / "bin"
    commands.mkdir()
    for name, target in tomllib.loads(PROJECT.read_text())["project"]["scripts"].items():
        module, function = target.split(":")
        script = commands / name
        script.write_text(f"#!{sys.executable}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(commands), prepend=":")
    return commands


def assert_refused(main, line, status, text, capsys):
    """A command line ends in one sentence and an exit status, and writes nothing."""
    assert main(line.split()) == status
    error = capsys.readouterr().err
    assert error.startswith(text)
    assert error.count("\n") == 1
    assert os.listdir() == ["t1.nii.gz"]
