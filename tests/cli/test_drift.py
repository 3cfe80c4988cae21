"""``deskull drift``: tables and folders, references, groups, time, and what is printed and written."""

from __future__ import annotations

import json

import pytest

from deskull.quality.drift.reading import write_reference
from tests.quality.drift.examples import cohort, write_folder


@pytest.fixture
def reference(tmp_path):
    """A reference of 60 scans."""
    write_reference(tmp_path / "good.tsv", cohort(60, seed=1))
    return tmp_path / "good.tsv"


@pytest.fixture
def folder(tmp_path):
    """Quality files of 30 scans that are noisier than the reference."""
    return write_folder(tmp_path / "new", cohort(30, inputs=2.0))


@pytest.fixture
def drift(deskull):
    """Run ``deskull drift``."""
    return lambda *args: deskull("drift", *args)


def test_two_columns_the_sentence_and_the_measure_are_printed(drift, folder, reference):
    done = drift(folder, "--reference", reference)
    assert done.exit_code == 0, done.stderr
    assert "input: the scans" in done.stdout
    assert "output: the masks" in done.stdout
    assert "New but handled: the scans differ from the reference" in done.stdout
    assert "noise" in done.stdout
    assert "higher" in done.stdout


def test_json_is_all_that_stdout_holds(drift, folder, reference):
    done = drift(folder, "--reference", reference, "--json")
    assert json.loads(done.stdout)["comparison"]["input"]["state"] == "moved"


def test_page_is_written(drift, folder, reference, tmp_path):
    done = drift(folder, "--reference", reference, "-o", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")
    assert f"wrote {tmp_path / 'page.html'}" in done.stderr


def test_folder_of_results_gets_page_and_json(drift, folder, reference, tmp_path):
    drift(folder, "--reference", reference, "-o", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["drift.html", "drift.json"]


def test_existing_page_is_refused_before_any_work(drift, reference, tmp_path):
    (tmp_path / "page.html").write_text("precious")
    done = drift(tmp_path / "missing", "--reference", reference, "-o", tmp_path / "page.html")
    assert done.exit_code == 1
    assert "page.html: exists already; use --overwrite" in done.stderr


def test_reference_is_saved_and_can_be_used(drift, folder, tmp_path):
    done = drift(folder, "--save-reference", tmp_path / "mine.tsv")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Nothing moved" in drift(folder, "--reference", tmp_path / "mine.tsv").stdout


def test_reference_is_required(drift, folder):
    done = drift(folder)
    assert done.exit_code == 2
    assert done.stderr.startswith("error: --reference: is required; give a table or folder of scans that are known")


def test_unknown_reference_is_refused_with_its_option(drift, folder):
    done = drift(folder, "--reference", "nowhere")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: --reference nowhere: is no file, no folder and no shipped reference")


def test_reference_that_would_be_replaced_is_refused(drift, folder, reference):
    done = drift(folder, "--reference", reference, "--save-reference", reference, "--overwrite")
    assert done.exit_code == 2
    assert "good.tsv: is an input" in done.stderr


def test_groups_are_printed(drift, folder):
    lines = [f"sub-{row:03d}\t{'here' if row < 15 else 'there'}\n" for row in range(30)]
    (folder / "participants.tsv").write_text("participant_id\tsite\n" + "".join(lines))
    done = drift(folder, "--by", "site")
    assert "By site, each against all others" in done.stdout
    assert "there" in done.stdout


def test_column_that_is_missing_is_one_sentence(drift, folder):
    done = drift(folder, "--by", "coil")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: new: nothing tells coil of its scans; its columns are: axes, ")


def test_changes_over_time_are_printed(drift, folder):
    done = drift(folder, "--by", "time")
    assert "Over time: 30 scans" in done.stdout
    assert "The masks did not change over time" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "site", "--window", "20"], "--window 20: is for --by time only"),
        (["--by", "site", "-o", "page.pdf"], "--out page.pdf: must end in .html, or be a folder"),
    ],
)
def test_options_that_make_no_sense_are_refused(drift, folder, arguments, message):
    done = drift(folder, *arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_damaged_quality_file_is_a_warning(drift, folder, reference):
    (folder / "bad_quality.json").write_text("{")
    done = drift(folder, "--reference", reference)
    assert done.exit_code == 0
    assert "warning: " in done.stderr
    assert "bad_quality.json: cannot be read as JSON" in done.stderr


def test_empty_folder_is_one_sentence(drift, reference, tmp_path):
    (tmp_path / "empty").mkdir()
    done = drift(tmp_path / "empty", "--reference", reference)
    assert done.exit_code == 1
    assert "empty: holds no *_quality.json that can be used" in done.stderr
