"""Command templates."""

from __future__ import annotations

import sys

import pytest

from deskull import UsageError
from deskull.benchmark.tools import deskull_tool, parse_tool


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mri_synthstrip -i {input} -m {mask}", "mri_synthstrip"),
        ("/opt/fsl/bin/bet {input} {brain}", "bet"),
        ("env OMP_NUM_THREADS=2 python3 /opt/strip.py {input} {folder}", "strip"),
        ("hd-bet -i {input} -o {brain}", "hd-bet"),
        ("mine=tool --in={input} --out={mask}", "mine"),
    ],
)
def test_name_is_the_given_one_or_that_of_the_program(text, name):
    assert parse_tool(text, {}).name == name


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("bet {input}", "must hold"),
        ("bet {scan} {mask}", "{scan}, which is unknown"),
        ("bet '{input} {mask}", "check its quotes"),
    ],
)
def test_unusable_template_is_refused(text, fault):
    with pytest.raises(UsageError, match=fault.replace("{", r"\{")):
        parse_tool(text, {})


def test_second_tool_of_a_name_is_refused():
    first = parse_tool("bet {input} {mask}", {})
    with pytest.raises(UsageError, match="second tool called bet"):
        parse_tool("bet {input} {mask} -R", {"bet": first})


def test_paths_with_spaces_and_braces_stay_one_word(tmp_path):
    scan, folder = tmp_path / "a {mask} b.nii.gz", tmp_path / "out"
    command = parse_tool("tool --in={input} {mask}", {}).command(scan, folder)
    assert command == ["tool", f"--in={scan}", str(folder / "mask.nii.gz")]


def test_other_command_has_another_digest():
    first, second = (parse_tool(f"bet {{input}} {{mask}} -f {f}", {}) for f in (0.4, 0.5))
    assert first.sha256 != second.sha256


def test_own_command_is_run_by_this_python_and_names_no_path_of_the_machine(tmp_path):
    tool = deskull_tool("small")
    assert tool.command(tmp_path / "s.nii", tmp_path)[:4] == [sys.executable, "-m", "deskull", "strip"]
    assert sys.executable not in tool.template


@pytest.mark.parametrize(
    ("template", "written", "found"),
    [
        ("t {input} {mask}", ["mask.nii.gz", "mask_distance.nii.gz"], "mask.nii.gz"),
        ("t {input} {folder}", ["a_brain.nii.gz", "a_mask.nii.gz"], "a_mask.nii.gz"),
        ("t {input} {brain}", ["brain.nii.gz"], "brain.nii.gz"),
        ("t {input} {brain}", ["brain.nii.gz", "brain_mask.nii.gz"], "brain_mask.nii.gz"),
        ("t {input} {mask}", [], None),
    ],
)
def test_result_is_the_mask_or_else_the_brain(tmp_path, template, written, found):
    for name in written:
        (tmp_path / name).touch()
    result = parse_tool(template, {}).result(tmp_path)
    assert (result.name if result else None) == found
