"""Start: version, help, the installed command."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import pytest

from deskull.options import Group, option_fields

COMMANDS = (
    "strip",
    "bids",
    "show",
    "evaluate",
    "drift",
    "train",
    "export",
    "models",
    "demo",
    "info",
    "rerun",
    "serve",
    "data",
)
#: Commands of the groups among them.
INNER = (
    "data index",
    "data prepare",
    "data synthesise-nfbs",
    "models show",
    "models fetch",
    "models remove",
)


@pytest.mark.parametrize("option", ["--version", "-V", "-v"])
def test_version_is_printed(deskull, option):
    done = deskull(option)
    assert done.exit_code == 0
    assert done.stdout.startswith("deskull 0.")


def test_verbose_before_the_command_is_refused_with_its_place(deskull):
    done = deskull("-v", "strip", "scan.nii.gz")
    assert done.exit_code == 2
    assert done.stderr == "error: -v: stands after the command; did you mean deskull strip -v scan.nii.gz?\n"


@pytest.mark.parametrize("arguments", [["scan.nii.gz"], ["my scan.mgz", "-o", "out"]])
def test_scan_in_place_of_a_command_is_refused_with_the_command_that_strips_it(deskull, arguments):
    done = deskull(*arguments)
    assert done.exit_code == 2
    line = shlex.join(arguments)
    assert done.stderr == f"error: {arguments[0]}: is not a command; did you mean deskull strip {line}?\n"


def test_folder_in_place_of_a_command_is_refused_with_the_command_that_strips_it(deskull, tmp_path):
    done = deskull(tmp_path)
    assert done.exit_code == 2
    assert done.stderr.endswith(f"did you mean deskull strip {tmp_path}?\n")


def test_word_that_is_neither_a_command_nor_a_scan_is_refused(deskull):
    done = deskull("stirp", "scan.nii.gz")
    assert done.exit_code == 2
    assert "No such command 'stirp'" in done.stderr


def test_help_lists_every_command(deskull):
    text = deskull("--help").stdout
    assert [name for name in COMMANDS if name not in text] == []


def test_help_groups_the_commands(deskull):
    text = deskull("--help").stdout
    headings = [text.index(heading) for heading in ("Strip scans", "Look at masks and score them", "Train networks")]
    assert headings == sorted(headings)
    assert headings[0] < text.index("│ bids") < headings[1] < text.index("│ show") < headings[2] < text.index("│ data")


@pytest.mark.parametrize("command", [*COMMANDS, *INNER])
def test_every_command_has_a_help(deskull, command):
    done = deskull(*command.split(), "--help")
    assert done.exit_code == 0
    assert done.stdout


@pytest.mark.parametrize("command", [*(name for name in COMMANDS if name not in ("data", "models")), *INNER])
def test_every_command_has_the_options_of_messages(deskull, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    text = deskull(*command.split(), "--help").stdout
    assert "--quiet" in text
    assert "--verbose" in text
    assert "--debug" in text


@pytest.fixture
def strip_help(deskull, monkeypatch):
    """Help of ``deskull strip`` as a list of words under each heading."""
    monkeypatch.setenv("COLUMNS", "200")
    text = deskull("strip", "--help").stdout
    return re.findall(r"╭─ (.+?) ─+╮(.*?)╰", text, re.DOTALL)


def test_help_of_strip_is_grouped_in_order(strip_help):
    headings = [heading for heading, _ in strip_help]
    assert headings[-len(Group) :] == list(Group)


@pytest.mark.parametrize("name", [name for name in option_fields() if name not in ("outputs", "series")])
def test_help_of_strip_describes_each_option_under_its_heading(strip_help, name):
    field = option_fields()[name]
    text = dict(strip_help)[field.option.group]
    assert re.search(rf"--{name.replace('_', '-')}[ ,]", text)
    plain = " ".join(text.replace("│", " ").split())
    assert all(word in plain for word in field.help.split())


def test_installed_command_prints_one_sentence_for_a_missing_file(tmp_path):
    command = [sys.executable, "-m", "deskull", "strip", str(tmp_path / "none.nii.gz")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no such file" in done.stderr
