"""``deskull data index`` as a user runs it: tables, messages, exit statuses."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from deskull import Volume, formats
from deskull.cli import app
from deskull.data.cases import read_cases
from deskull.data.splits import Membership, read_splits

SHAPE = (12, 12, 12)
INSIDE = np.zeros(SHAPE, np.uint8)
INSIDE[3:9, 3:9, 3:9] = 1
SCAN = np.random.default_rng(0).integers(1, 900, SHAPE).astype(np.int16)


def make(folder: Path, *subjects: str) -> Path:
    """Create three files of each subject, named as in NFBS."""
    for subject in subjects:
        stem = folder / subject / f"sub-{subject}_ses-NFB3_T1w"
        for ending, voxels in (("", SCAN), ("_brainmask", INSIDE), ("_brain", SCAN * INSIDE)):
            formats.write(Volume(voxels, np.eye(4)), f"{stem}{ending}.nii.gz")
    return folder


@pytest.fixture
def nfbs(tmp_path):
    return make(tmp_path / "NFBS", *(f"A{number:02}" for number in range(10)))


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    return lambda *args: runner.invoke(app, ["data", "index", *(str(arg) for arg in args), "--jobs", "1"])


def test_table_lists_all_cases_with_their_files(run, nfbs, tmp_path):
    done = run("NFBS")
    assert (done.exit_code, done.stderr) == (0, "")
    cases = read_cases(tmp_path / "dataset.csv")
    assert [case.name for case in cases] == [f"sub-A{number:02}_ses-NFB3_T1w" for number in range(10)]
    assert all(path.exists() for case in cases for path in (case.raw, case.mask, case.brain))


def test_splits_are_written_and_counted(run, nfbs, tmp_path):
    done = run("NFBS")
    splits = read_splits(tmp_path / "splits.csv")
    assert [its.split for its in splits.values()].count("validation") == 2
    assert [line.split() for line in done.stdout.splitlines() if "validation" in line] == [["validation", "2", "2"]]
    assert "dataset.csv: 10 cases; splits.csv: 10 subjects" in done.stdout


def test_data_set_is_not_changed(run, nfbs, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in nfbs.rglob("*")}
    run("NFBS")
    assert before == {path: path.stat().st_mtime_ns for path in nfbs.rglob("*")}
    assert sorted(os.listdir(tmp_path)) == ["NFBS", "dataset.csv", "splits.csv"]


def test_same_command_gives_the_same_bytes(run, nfbs, tmp_path):
    contents = []
    for _ in range(2):
        assert run(nfbs, "-o", "out/t.csv", "--folds", 3, "--test", 0.2, "--no-check").exit_code == 0
        contents.append([(tmp_path / "out" / name).read_bytes() for name in ("t.csv", "splits.csv")])
    assert contents[0] == contents[1]


def test_new_subjects_are_added_without_moving_the_others(run, nfbs, tmp_path):
    run(nfbs, "--folds", 3, "--test", 0.2, "--no-check")
    before = read_splits(tmp_path / "splits.csv")
    make(nfbs, "B01", "B02")
    assert run(nfbs, "--test", 0.2, "--no-check").exit_code == 0
    after = read_splits(tmp_path / "splits.csv")
    assert {subject: after[subject] for subject in before} == before
    assert after.keys() - before.keys() == {"B01", "B02"}


@pytest.fixture
def with_errors(nfbs):
    """A damaged scan, a missing mask, an empty mask, and a brain that is not stripped."""
    stems = [nfbs / f"A0{number}" / f"sub-A0{number}_ses-NFB3_T1w" for number in range(4)]
    Path(f"{stems[0]}.nii.gz").write_bytes(b"no image")
    Path(f"{stems[1]}_brainmask.nii.gz").unlink()
    formats.write(Volume(INSIDE * 0, np.eye(4)), f"{stems[2]}_brainmask.nii.gz", overwrite=True)
    formats.write(Volume(SCAN, np.eye(4)), f"{stems[3]}_brain.nii.gz", overwrite=True)
    return nfbs


def test_unusable_cases_are_left_out_of_both_files(run, with_errors, tmp_path):
    assert run(with_errors).exit_code == 1
    usable = {f"A0{number}" for number in range(3, 10)}
    assert {case.subject for case in read_cases(tmp_path / "dataset.csv")} == usable
    assert set(read_splits(tmp_path / "splits.csv")) == usable


def test_each_unusable_case_and_each_warning_is_one_line(run, with_errors):
    lines = run(with_errors).stderr.splitlines()
    assert len(lines) == 4
    assert sum(line.startswith("left out: ") for line in lines) == 3
    assert sum(line.startswith("warning: ") and "_brain.nii.gz: differs" in line for line in lines) == 1


def test_files_are_not_read_without_the_check(run, with_errors):
    done = run(with_errors, "--no-check")
    assert done.stderr.count("\n") == 1  # the missing mask
    assert "9 cases" in done.stdout


def test_folder_without_cases_is_one_sentence(run, tmp_path):
    (tmp_path / "empty").mkdir()
    done = run("empty")
    assert done.exit_code == 1
    assert done.stderr == "error: empty: no scan with a mask was found; check --layout, --pattern or --table.\n"
    assert os.listdir(tmp_path) == ["empty"]


def test_nothing_is_written_if_no_case_can_be_used(run, tmp_path):
    for path in make(tmp_path / "set", "A1").rglob("*.nii.gz"):
        path.write_bytes(b"no image")
    done = run("set")
    assert done.exit_code == 1
    assert "none of its 1 scans can be used" in done.stderr
    assert os.listdir(tmp_path) == ["set"]


@pytest.fixture
def two_sites(nfbs, tmp_path):
    """Ten subjects of one site and two of another."""
    (tmp_path / "multi").mkdir()
    nfbs.rename(tmp_path / "multi" / "east[1]")
    return make(tmp_path / "multi" / "west", "B1", "B2").parent


NAMED = "{site}/{subject}/sub-{subject}_{ses}_T1w"


def test_patterns_find_subjects_and_sites(run, two_sites, tmp_path):
    done = run(two_sites, "--pattern", f"{NAMED}.nii.gz", "--mask-pattern", f"{NAMED}_brainmask.nii.gz", "--no-check")
    assert done.exit_code == 0, done.output
    assert "B1,west," in (tmp_path / "splits.csv").read_text()


def test_sites_and_folds_are_counted(run, two_sites):
    options = ("--pattern", f"{NAMED}.nii.gz", "--mask-pattern", f"{NAMED}_brainmask.nii.gz", "--folds", "2")
    lines = run(two_sites, *options, "--no-check").stdout.splitlines()
    counts = {line.rsplit(maxsplit=2)[0].strip(): line.split()[-2:] for line in lines if line.strip()}
    assert counts["site east[1]"] == ["10", "10"]
    assert counts["site west"] == ["2", "2"]
    assert counts["fold 0"] == counts["fold 1"] == ["6", "6"]


def test_error_in_a_pattern_names_the_option(run, two_sites):
    base = "{site}/{subject}/*_T1w.nii.gz"
    done = run(two_sites, "--pattern", base, "--mask-pattern", "{site}/{subject}/sub-{subject}_{x}.nii.gz")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: --mask-pattern {site}/{subject}/sub-{subject}_{x}.nii.gz: has a field {x}")


def test_error_in_folds_names_the_option(run, nfbs):
    assert run(nfbs, "--folds", 11).stderr.startswith("error: --folds 11: there are only 10 subjects")


@pytest.fixture
def own_table(nfbs, tmp_path):
    """A table of four cases in given splits; the last has none."""
    lines = ["raw,mask,split,subject"]
    for number, split in enumerate(("test", "validation", "train", "")):
        stem = f"NFBS/A0{number}/sub-A0{number}_ses-NFB3_T1w"
        lines.append(f"{stem}.nii.gz,{stem}_brainmask.nii.gz,{split},")
    (tmp_path / "mine.csv").write_text("\n".join(lines))
    return tmp_path / "mine.csv"


def test_splits_of_a_users_table_are_kept(run, own_table, tmp_path):
    assert run("--table", "mine.csv").exit_code == 0
    splits = read_splits(tmp_path / "splits.csv")
    assert [its.split for its in splits.values()] == ["test", "validation", "train", "train"]
    assert splits["A00"] == Membership("test", -1)


def test_table_that_contradicts_the_splits_is_refused(run, own_table):
    assert run("--table", "mine.csv", "--no-check").exit_code == 0
    own_table.write_text(own_table.read_text().replace("test", "train"))
    again = run("--table", "mine.csv")
    assert again.exit_code == 1
    assert "has A00 in test, but the table in train" in again.stderr


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("NFBS", "--layout", "loni"),
        ("NFBS", "--table", "mine.csv"),
        ("NFBS", "--pattern", "{subject}.nii"),
        ("NFBS", "--mask-pattern", "{subject}.nii"),
        ("NFBS", "--layout", "nfbs", "--pattern", "{subject}.nii", "--mask-pattern", "{subject}_m.nii"),
        ("NFBS", "--folds", "1"),
        ("NFBS", "--folds", "11"),
        ("NFBS", "--validation", "0.7", "--test", "0.7"),
        ("NFBS", "--validation", "2"),
        ("NFBS", "-o", "a.csv", "--splits", "a.csv"),
        ("--table", "dataset.csv"),
    ],
)
def test_wrong_options_exit_with_status_2_and_write_nothing(run, nfbs, tmp_path, options):
    done = run(*options)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert os.listdir(tmp_path) == ["NFBS"]


@pytest.mark.parametrize("name", ["dataset.csv", "splits.csv"])
def test_other_files_are_never_replaced(run, nfbs, tmp_path, name):
    (tmp_path / name).write_text("precious,data\n")
    done = run(nfbs)
    assert done.exit_code == 1
    assert f"{name}: exists and is not a table with the columns" in done.stderr
    assert (tmp_path / name).read_text() == "precious,data\n"


def test_killed_command_leaves_no_partial_file_and_no_process(run, tmp_path):
    make(tmp_path / "set", "A1")
    for number in range(200):
        for ending in ("", "_brainmask"):
            name = f"sub-B{number}_T1w{ending}.nii.gz"
            (tmp_path / "set" / name).symlink_to(tmp_path / f"set/A1/sub-A1_ses-NFB3_T1w{ending}.nii.gz")
    command = [sys.executable, "-m", "deskull", "data", "index", "set", "--jobs", "2"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        wait_for_children(process.pid)
        process.kill()
        process.communicate(timeout=30)  # returns when the last process that holds the pipe has ended
    assert set(os.listdir(tmp_path)) <= {"set", "splits.csv", "dataset.csv"}
    assert run("set").exit_code == 0
    assert len(read_cases(tmp_path / "dataset.csv")) == 201
    assert len(read_splits(tmp_path / "splits.csv")) == 201


def wait_for_children(pid: int) -> None:
    """Wait until a command has started its two processes, and the one that tracks their resources."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not listed.exists():
        pytest.skip("needs /proc to see the processes of a pool")
    for _ in range(500):
        if len(listed.read_text().split()) > 2:
            return
        time.sleep(0.02)
    pytest.fail("no processes were started")
