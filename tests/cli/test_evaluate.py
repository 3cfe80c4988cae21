"""``deskull evaluate`` with several models and a page, as a user meets it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from deskull import Volume, formats
from deskull.cli import app

AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])


@pytest.fixture
def run():
    runner = CliRunner()
    return lambda *args: runner.invoke(app, [str(arg) for arg in args])


def _brain(shift=0, grow=0):
    data = np.zeros((24, 24, 24), np.uint8)
    data[6 - grow : 18 + grow, 6:18, 6:18] = 1
    return Volume(np.roll(data, shift, 1), AFFINE)


@pytest.fixture
def folders(tmp_path):
    """References, scans and the masks of two models: seven cases, of which `good` lacks one."""
    for index in range(7):
        case = f"sub-{index}_T1w"
        formats.write(_brain(), tmp_path / "ref" / f"{case}_mask.nii.gz")
        formats.write(_brain(shift=1 + index % 3), tmp_path / "poor" / f"{case}_brainmask.nii.gz")
        noise = np.random.default_rng(index).normal(100, 20, (24, 24, 24)).astype(np.int16)
        formats.write(Volume(noise, AFFINE), tmp_path / "raw" / f"{case}.nii.gz")
        if index:
            formats.write(_brain(grow=index % 2), tmp_path / "good" / f"{case}_brainmask.nii.gz")
    return tmp_path


def _times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_two_models_side_by_side(run, folders):
    out, before = folders / "out", _times(folders)
    options = ("--against", f"better={folders / 'good'}", "--scans", folders / "raw")
    files = ("--csv", out / "s.csv", "--json", out / "s.json", "--html", out / "s.html")
    done = run("evaluate", folders / "poor", folders / "ref", *options, *files)
    assert done.exit_code == 0, done.output
    assert "warning: sub-0_T1w: has no prediction in" in done.stderr
    assert "cases that all models share: 6, 1 left out" in done.stdout
    assert "better - poor" in done.stdout
    table = list(csv.DictReader((out / "s.csv").open()))
    assert [row["model"] for row in table] == ["poor"] * 7 + ["better"] * 6
    found = json.loads((out / "s.json").read_text())
    assert list(found) == ["models", "comparison"]
    assert found["comparison"]["left_out"] == ["sub-0_T1w"]
    dice = found["comparison"]["differences"][0]
    assert (dice["score"], dice["pairs"], dice["p"]) == ("dice", 6, pytest.approx(2 / 2**6))
    html = (out / "s.html").read_text()
    assert "Evaluation of poor against better" in html
    assert html.count("data:image/png") == 4 + 3  # half of the better model's masks are perfect
    assert str(folders) not in html
    assert before.items() <= _times(folders).items()


def test_one_page_comes_out_the_same_again(run, folders):
    command = ("evaluate", folders / "good", folders / "ref", "--name", "A", "--html", folders / "s.html")
    assert run(*command).exit_code == 0
    first = (folders / "s.html").read_bytes()
    again = run(*command)
    assert again.exit_code == 1
    assert "--overwrite" in again.stderr
    assert run(*command, "--overwrite").exit_code == 0
    assert (folders / "s.html").read_bytes() == first
    assert b"Evaluation of A<" in first


def test_one_model_keeps_its_csv_and_json(run, folders):
    done = run("evaluate", folders / "poor", folders / "ref", "--csv", folders / "s.csv", "--json", "-")
    assert list(json.loads(done.stdout)) == ["cases", "summary"]
    assert (folders / "s.csv").read_text().startswith("case,dice,")


def test_json_of_several_on_stdout_is_all_there_is(run, folders):
    done = run("evaluate", folders / "poor", folders / "ref", "--against", f"b={folders / 'good'}", "--json", "-")
    assert list(json.loads(done.stdout)["models"]) == ["poor", "b"]


def test_two_files_against_a_third(run, folders):
    name = "sub-1_T1w_brainmask.nii.gz"
    reference = folders / "ref" / "sub-1_T1w_mask.nii.gz"
    other = folders / "other.nii.gz"
    formats.write(_brain(shift=2), other)
    options = ("--against", f"b={other}", "--scans", folders / "raw" / "sub-1_T1w.nii.gz", "--html", folders / "s.html")
    done = run("evaluate", folders / "good" / name, reference, *options)
    assert done.exit_code == 0, done.output
    assert "cases that all models share: 1)" in done.stdout
    assert "too few cases for a test" in done.stdout
    assert (folders / "s.html").read_text().count("data:image/png") == 2


def test_damaged_masks_do_not_stop_the_others(run, folders):
    (folders / "poor" / "sub-3_T1w_brainmask.nii.gz").write_bytes(b"no image")
    for path in (folders / "good").iterdir():
        path.write_bytes(b"no image")
    results = ("--csv", folders / "s.csv", "--html", folders / "s.html")
    done = run("evaluate", folders / "poor", folders / "ref", "--against", f"b={folders / 'good'}", *results)
    assert done.exit_code == 1
    assert done.stderr.count("error:") == 7
    assert "Traceback" not in done.output
    assert len((folders / "s.csv").read_text().splitlines()) == 1 + 6
    html = (folders / "s.html").read_text()
    assert "poor: 1 case could not be scored (sub-3_T1w)." in html
    assert "b: 6 cases could not be scored" in html


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (("--against", "no-folder"), "NAME=FOLDER"),
        (("--against", "=x"), "NAME=FOLDER"),
        (("--against", "poor=x"), "there is a model poor"),
        (("--scans", "x"), "add --html"),
        (("--csv", "s.csv", "--json", "s.csv"), "two results"),
    ],
)
def test_usage_errors_exit_with_2(run, folders, options, fault):
    done = run("evaluate", folders / "poor", folders / "ref", *options)
    assert done.exit_code == 2
    assert fault in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_mask_or_scan_is_ever_replaced(run, folders):
    before = _times(folders)
    for file in ("poor/sub-1_T1w_brainmask.nii.gz", "ref/sub-1_T1w_mask.nii.gz", "raw/sub-1_T1w.nii.gz"):
        done = run("evaluate", folders / "poor", folders / "ref", "--scans", folders / "raw", "--html", folders / file,
                   "--overwrite")  # fmt: skip
        assert done.exit_code == 2
        assert "is an input" in done.stderr
    assert _times(folders) == before


def test_missing_folders_are_named(run, folders):
    for options in (("--against", "b=nowhere"), ("--scans", "nowhere", "--html", folders / "s.html")):
        done = run("evaluate", folders / "poor", folders / "ref", *options)
        assert done.exit_code == 1
        assert "nowhere: no such file or folder" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="such file names are Linux's")
def test_odd_names_are_shown_as_they_are(run, folders):
    for folder, ending in (("ref", "mask"), ("good", "brainmask")):
        for odd in ("[red]x[bold]", os.fsdecode(b"broken-\xff")):
            data = (folders / folder / f"sub-1_T1w_{ending}.nii.gz").read_bytes()
            (folders / folder / f"{odd}_{ending}.nii.gz").write_bytes(data)
    results = ("--csv", folders / "s.csv", "--html", folders / "s.html", "--json", folders / "s.json")
    done = run("evaluate", folders / "good", folders / "ref", "--against", f"b={folders / 'good'}", *results)
    assert done.exit_code == 0, done.output
    assert "[red]x[bold]" in done.stdout
    assert "broken-\\udcff" in done.stdout
    assert "broken-" in (folders / "s.html").read_text()


def test_without_matplotlib_the_page_is_refused_before_any_work(folders):
    code = f"""
import sys
sys.modules["matplotlib"] = None  # as if it were not installed
sys.argv = ["deskull", "evaluate", {str(folders / "good")!r}, {str(folders / "ref")!r}, "--html", "s.html"]
from deskull.cli import app
app()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folders)
    assert done.returncode == 2
    assert done.stderr == 'error: --html: needs matplotlib; pip install "deskull[report]".\n'
    assert not (folders / "s.html").exists()
