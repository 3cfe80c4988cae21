"""The page of a real server in a browser: real scans, attacks by other pages, and access without a mouse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deskull.cli import app
from tests.pages import WEB, find_browser, run_in_browser
from tests.web.served_scans import Case, differing, make_cases, repeat, same_voxels, serving

NAMES = ["ms-T2w", "child-T1w", "ct", "dicom", "oblique", "permuted"]
_TESTS = WEB / "app" / "tests" / "served"


@pytest.fixture(scope="module")
def browser() -> str:
    """Path of the browser."""
    return find_browser("app")


@pytest.fixture(scope="module")
def cases(browser, data, tmp_path_factory) -> dict[str, Case]:
    """Small real scans."""
    pytest.importorskip("pydicom", reason="needs deskull[dicom]")
    return {case.name: case for case in make_cases(data, tmp_path_factory.mktemp("scans"))}


@pytest.fixture(scope="module")
def reviewed(cases, tmp_path_factory) -> Path:
    """A batch to review."""
    folder: Path = tmp_path_factory.mktemp("batch") / "out"
    words = ["strip", str(cases["ct"].file), str(cases["permuted"].file), "--model", "small", "-o", str(folder)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def server(cases, reviewed, tmp_path_factory):
    """Folder and address of a server that runs in a process of its own."""
    folder = tmp_path_factory.mktemp("served") / "work"
    root = cases["ct"].file.parent
    with serving(folder, "--root", root, "--review", reviewed) as (_, address):
        yield folder, address


@pytest.fixture(scope="module")
def settings(server, cases, tmp_path_factory) -> dict[str, str]:
    """What the tests in the browser are told: the server, the scans, and where downloads are saved."""
    told = [{"name": case.name, "file": str(case.file), "marks": len(case.marks)} for case in cases.values()]
    return {"SERVER": server[1], "CASES": json.dumps(told), "OUT": str(tmp_path_factory.mktemp("downloads"))}


@pytest.fixture(scope="module")
def saved(browser, settings) -> Path:
    """What a browser has downloaded of each scan, and ``facts.json``."""
    run_in_browser(_TESTS / "scans.test.mjs", browser, settings)
    return Path(settings["OUT"])


@pytest.fixture(scope="module")
def facts(saved) -> dict[str, Any]:
    """What the page has shown of each scan."""
    return json.loads((saved / "facts.json").read_text())


@pytest.fixture(scope="module")
def repeated(cases, facts, tmp_path_factory):
    """What the command lines make that the page has shown: brain and mask by the name of the scan."""
    folder = tmp_path_factory.mktemp("repeated")
    return {name: repeat(facts[name]["command"], case.file.parent, folder / name) for name, case in cases.items()}


@pytest.mark.parametrize("name", NAMES)
def test_downloads_are_those_of_the_command_line(name, saved, repeated):
    brain, mask = repeated[name]
    assert same_voxels(saved / f"{name}_mask.nii.gz", mask)
    assert same_voxels(saved / f"{name}_brain.nii.gz", brain)


@pytest.mark.parametrize("name", NAMES)
def test_mask_at_a_moved_border_is_that_of_the_command_line(name, saved, cases, facts, tmp_path):
    command = facts[name]["moved"]["command"]
    assert command.endswith("--border 2.5")
    _, mask = repeat(command, cases[name].file.parent, tmp_path / "moved")
    assert same_voxels(saved / f"{name}_moved.nii.gz", mask)


@pytest.mark.parametrize("name", ["oblique", "permuted"])
def test_edited_mask_differs_in_exactly_the_brushed_voxels(name, saved, cases):
    brushed = differing(saved / f"{name}_mask.nii.gz", saved / f"{name}_edited.nii.gz")
    assert brushed == set(cases[name].marks)


@pytest.mark.parametrize("tests", ["attacks", "access"])
def test_page_of_the_real_server_withstands_and_is_accessible(tests, browser, settings):
    run_in_browser(_TESTS / f"{tests}.test.mjs", browser, settings)


def test_scans_that_were_deleted_leave_nothing(saved, server):
    assert list((server[0] / "jobs").iterdir()) == []
