"""``deskull evaluate`` with one or several models and a page, as a user runs it."""

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
from deskull.system.installation import install_command

AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])
N_CASES = 7


@pytest.fixture
def run():
    runner = CliRunner()
    return lambda *args: runner.invoke(app, ["evaluate", *(str(arg) for arg in args)])


def _brain(shift=0, grow=0):
    data = np.zeros((24, 24, 24), np.uint8)
    data[6 - grow : 18 + grow, 6:18, 6:18] = 1
    return Volume(np.roll(data, shift, 1), AFFINE)


def _fill(folder):
    """References, scans and the masks of two models: seven cases, of which `good` lacks the first."""
    for index in range(N_CASES):
        case = f"sub-{index}_T1w"
        formats.write(_brain(), folder / "ref" / f"{case}_mask.nii.gz")
        formats.write(_brain(shift=1 + index % 3), folder / "poor" / f"{case}_brainmask.nii.gz")
        noise = np.random.default_rng(index).normal(100, 20, (24, 24, 24)).astype(np.int16)
        formats.write(Volume(noise, AFFINE), folder / "raw" / f"{case}.nii.gz")
        if index:
            formats.write(_brain(grow=index % 2), folder / "good" / f"{case}_brainmask.nii.gz")
    return folder


@pytest.fixture
def folders(tmp_path):
    return _fill(tmp_path)


def _modification_times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


class TestTwoModels:
    """Two models side by side, with all kinds of results."""

    @pytest.fixture(scope="class")
    def done(self, tmp_path_factory):
        """The folder, the finished command, and the modification times of the inputs before it."""
        folder = _fill(tmp_path_factory.mktemp("two"))
        out, before = folder / "out", _modification_times(folder)
        arguments = [
            "evaluate", folder / "poor", folder / "ref", "--against", f"better={folder / 'good'}",
            "--scans", folder / "raw", "--csv", out / "s.csv", "--json", out / "s.json", "--html", out / "s.html",
        ]  # fmt: skip
        return folder, CliRunner().invoke(app, [str(argument) for argument in arguments]), before

    def test_exit_status_is_0(self, done):
        assert done[1].exit_code == 0, done[1].output

    def test_case_that_one_model_lacks_is_a_warning(self, done):
        assert "warning: sub-0_T1w: has no prediction in" in done[1].stderr

    def test_comparison_is_printed(self, done):
        assert "cases that all models share: 6, 1 left out" in done[1].stdout
        assert "better − poor" in done[1].stdout

    def test_csv_has_the_cases_of_both_models(self, done):
        with (done[0] / "out" / "s.csv").open() as file:
            assert [row["model"] for row in csv.DictReader(file)] == ["poor"] * 7 + ["better"] * 6

    def test_json_has_the_scores_and_the_comparison(self, done):
        content = json.loads((done[0] / "out" / "s.json").read_text())
        assert list(content) == ["models", "comparison"]
        assert content["comparison"]["excluded_cases"] == ["sub-0_T1w"]
        dice = content["comparison"]["differences"][0]
        assert (dice["score"], dice["n_pairs"], dice["p"]) == ("dice", 6, pytest.approx(2 / 2**6))

    def test_page_shows_the_worst_cases_of_both_models(self, done):
        html = (done[0] / "out" / "s.html").read_text()
        assert "Evaluation of poor against better" in html
        assert html.count("data:image/png") == 4 + 3  # half of the better model's masks are perfect
        assert str(done[0]) not in html

    def test_inputs_are_not_changed(self, done):
        assert done[2].items() <= _modification_times(done[0]).items()


def test_existing_page_is_replaced_only_with_overwrite(run, folders):
    command = (folders / "good", folders / "ref", "--name", "A", "--html", folders / "s.html")
    assert run(*command).exit_code == 0
    again = run(*command)
    assert again.exit_code == 1
    assert "--overwrite" in again.stderr
    assert run(*command, "--overwrite").exit_code == 0


def test_same_masks_give_the_same_page(run, folders):
    for page in ("one.html", "two.html"):
        assert run(folders / "good", folders / "ref", "--name", "A", "--html", folders / page).exit_code == 0
    assert (folders / "one.html").read_bytes() == (folders / "two.html").read_bytes()
    assert "Evaluation of A<" in (folders / "one.html").read_text()


def test_csv_and_json_of_one_model_do_not_name_it(run, folders):
    done = run(folders / "poor", folders / "ref", "--csv", folders / "s.csv", "--json", "-")
    assert list(json.loads(done.stdout)) == ["cases", "summary"]
    assert (folders / "s.csv").read_text().startswith("case,dice,")


def test_files_that_were_written_are_named(run, folders):
    done = run(folders / "poor", folders / "ref", "--csv", folders / "s.csv")
    assert f"wrote {folders / 's.csv'}" in done.stderr


def test_direction_of_better_scores_is_stated(run, folders):
    printed = run(folders / "poor", folders / "ref").stdout
    assert "Dice ↑" in printed
    assert "↑ higher is better; of the others, values closer to 0 are better" in printed


def test_json_on_stdout_stands_alone(run, folders):
    done = run(folders / "poor", folders / "ref", "--against", f"b={folders / 'good'}", "--json", "-")
    assert list(json.loads(done.stdout)["models"]) == ["poor", "b"]


def test_scores_are_printed_with_their_units_and_a_summary(run, folders):
    lines = run(folders / "poor", folders / "ref").stdout.splitlines()
    assert "HD95 (mm)" in lines[1]
    assert [line.split()[0] for line in lines if line.strip()][-4:-1] == ["median", "mean", "worst"]


def test_two_single_files_are_compared_on_the_same_reference(run, folders):
    name = "sub-1_T1w_brainmask.nii.gz"
    reference = folders / "ref" / "sub-1_T1w_mask.nii.gz"
    other = folders / "other.nii.gz"
    formats.write(_brain(shift=2), other)
    options = ("--against", f"b={other}", "--scans", folders / "raw" / "sub-1_T1w.nii.gz", "--html", folders / "s.html")
    done = run(folders / "good" / name, reference, *options)
    assert done.exit_code == 0, done.output
    assert "cases that all models share: 1)" in done.stdout
    assert "too few cases to test" in done.stdout
    assert (folders / "s.html").read_text().count("data:image/png") == 2


@pytest.fixture
def damaged(folders):
    """One mask of `poor` and all masks of `good` are damaged."""
    (folders / "poor" / "sub-3_T1w_brainmask.nii.gz").write_bytes(b"no image")
    for path in (folders / "good").iterdir():
        path.write_bytes(b"no image")
    return folders


def test_damaged_masks_do_not_stop_the_others(run, damaged):
    done = run(damaged / "poor", damaged / "ref", "--csv", damaged / "s.csv")
    assert done.exit_code == 1
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.output
    assert len((damaged / "s.csv").read_text().splitlines()) == 1 + N_CASES - 1


def test_page_names_the_cases_that_could_not_be_scored(run, damaged):
    run(damaged / "poor", damaged / "ref", "--against", f"b={damaged / 'good'}", "--html", damaged / "s.html")
    html = (damaged / "s.html").read_text()
    assert "poor: 1 case could not be scored (sub-3_T1w)." in html
    assert "b: 6 cases could not be scored" in html


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (("--against", "no-folder"), "must have the form NAME=FOLDER"),
        (("--against", "=x"), "must have the form NAME=FOLDER"),
        (("--against", "poor=x"), "two models are called poor"),
        (("--scans", "x"), "add --html"),
        (("--csv", "s.csv", "--json", "s.csv"), "cannot hold two results"),
        (("--split", "test"), "needs a table"),
    ],
)
def test_wrong_options_are_one_sentence_with_exit_status_2(run, folders, options, fault):
    done = run(folders / "poor", folders / "ref", *options)
    assert done.exit_code == 2
    assert fault in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "file", ["poor/sub-1_T1w_brainmask.nii.gz", "ref/sub-1_T1w_mask.nii.gz", "raw/sub-1_T1w.nii.gz"]
)
def test_mask_or_scan_is_never_replaced(run, folders, file):
    before = _modification_times(folders)
    options = ("--scans", folders / "raw", "--html", folders / file, "--overwrite")
    done = run(folders / "poor", folders / "ref", *options)
    assert done.exit_code == 2
    assert "is an input" in done.stderr
    assert _modification_times(folders) == before


@pytest.mark.parametrize("options", [("--against", "b=nowhere"), ("--scans", "nowhere", "--html", "s.html")])
def test_missing_folder_is_named(run, folders, options, monkeypatch):
    monkeypatch.chdir(folders)
    done = run("poor", "ref", *options)
    assert done.exit_code == 1
    assert "nowhere: no such file or folder" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows such file names")
def test_odd_file_names_are_shown_as_they_are(run, folders):
    for folder, ending in (("ref", "mask"), ("good", "brainmask")):
        for odd in ("[red]x[bold]", os.fsdecode(b"broken-\xff")):
            data = (folders / folder / f"sub-1_T1w_{ending}.nii.gz").read_bytes()
            (folders / folder / f"{odd}_{ending}.nii.gz").write_bytes(data)
    results = ("--csv", folders / "s.csv", "--html", folders / "s.html", "--json", folders / "s.json")
    done = run(folders / "good", folders / "ref", *results)
    assert done.exit_code == 0, done.output
    assert "[red]x[bold]" in done.stdout
    assert "broken-\\udcff" in done.stdout
    assert "broken-" in (folders / "s.html").read_text()


def test_page_without_matplotlib_is_refused_before_any_work(folders):
    code = f"""
import sys
sys.modules["matplotlib"] = None  # as if it were not installed
sys.argv = ["deskull", "evaluate", {str(folders / "good")!r}, {str(folders / "ref")!r}, "--html", "s.html"]
from deskull.cli import app
app()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folders)
    assert done.returncode == 2
    assert done.stderr == f"error: the evaluation page needs matplotlib; {install_command('report')}.\n"
    assert not (folders / "s.html").exists()
