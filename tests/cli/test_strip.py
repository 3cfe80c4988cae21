"""``deskull strip`` as a user meets it: files, lines, exit statuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from deskull import Volume, formats

NAME = "sub-01_T1w"


def names(folder):
    return sorted(os.listdir(folder))


def test_brain_and_mask_are_written_beside_the_scan(strip, scan):
    done = strip(scan)
    assert done.exit_code == 0, done.output
    assert names(scan.parent) == [f"{NAME}.nii.gz", f"{NAME}_brain.nii.gz", f"{NAME}_brainmask.nii.gz"]


def test_mask_holds_0_and_1(strip, scan):
    strip(scan)
    mask = nib.load(scan.parent / f"{NAME}_brainmask.nii.gz")
    assert set(np.unique(np.asarray(mask.dataobj))) == {0, 1}


def test_line_for_a_scan_names_its_volume_its_duration_the_mask_and_why_it_is_not_judged(strip, scan):
    (line,) = strip(scan).stdout.splitlines()
    assert line.startswith(f"{scan}: ")
    assert " ml, " in line
    reason = "Only masks of the network 'default' can be judged."
    assert line.endswith(f" s -> {scan.parent / NAME}_brainmask.nii.gz; not judged: {reason}")


def test_line_ends_where_the_mask_is_named_without_judgement(strip, scan):
    (line,) = strip(scan, "--quality", "none").stdout.splitlines()
    assert line.endswith(f" s -> {scan.parent / NAME}_brainmask.nii.gz")


def test_quality_file_states_the_verdict(strip, scan):
    assert strip(scan, "--quality-file").exit_code == 0
    stated = json.loads((scan.parent / f"{NAME}_quality.json").read_text())
    assert stated["quality"]["verdict"] == "not judged"
    assert stated["GeneratedBy"][0]["Name"] == "deskull"


def test_scan_is_not_changed(strip, scan):
    before = scan.read_bytes()
    strip(scan, "--overwrite")
    assert scan.read_bytes() == before


def test_mask_only_writes_no_brain(strip, scan):
    strip(scan, "--mask-only")
    assert names(scan.parent) == [f"{NAME}.nii.gz", f"{NAME}_brainmask.nii.gz"]


def test_existing_results_are_kept_and_the_option_to_replace_them_is_named(strip, scan):
    strip(scan, "--mask-only")
    mask = scan.parent / f"{NAME}_brainmask.nii.gz"
    mask.write_bytes(b"corrected by hand")
    done = strip(scan, "--mask-only")
    assert done.exit_code == 1
    assert "--overwrite" in done.stderr
    assert mask.read_bytes() == b"corrected by hand"


def test_overwrite_replaces_existing_results(strip, scan):
    mask = scan.parent / f"{NAME}_brainmask.nii.gz"
    mask.write_bytes(b"old")
    assert strip(scan, "--mask-only", "--overwrite").exit_code == 0
    assert mask.read_bytes() != b"old"


def test_resume_skips_a_scan_with_results(strip, scan):
    strip(scan)
    done = strip(scan, "--resume")
    assert done.exit_code == 0
    assert done.stdout == ""


def test_mask_that_cannot_be_judged_has_a_status_of_its_own_with_strict(strip, scan):
    done = strip(scan, "--strict")
    assert done.exit_code == 3
    assert done.stderr == f"error: --strict: there is no verdict on the mask of {scan}; look at it.\n"
    assert strip(scan, "--overwrite").exit_code == 0


def test_bad_mask_of_a_batch_has_status_1_with_strict_also_if_it_was_stripped_before(deskull, scan, half_head):
    bad = scan.with_name("bad.nii.gz")
    formats.write(Volume(half_head.data, np.diag([1.5, 1.5, 1.5, 1.0])), bad)  # too small for a head
    batch = ("strip", scan.parent, "-o", scan.parent / "out", "--mask-only", "--jobs", 1, "--json", "--strict")
    for more in ((), ("--resume",)):
        done = deskull(*batch, *more)
        assert done.exit_code == 1
        assert done.stderr.splitlines()[-1] == f"error: --strict: the verdict is fail on the mask of {bad}; look at it."
        facts = [json.loads(line) for line in done.stdout.splitlines()]
        assert {Path(fact["scan"]).name: fact["quality"]["verdict"] for fact in facts} == {
            bad.name: "fail", scan.name: "pass",
        }  # fmt: skip
    assert [fact["status"] for fact in facts] == ["skipped", "skipped"]


class TestAllOutputs:
    """All kinds of files in a folder, with JSON on stdout."""

    @pytest.fixture
    def facts(self, strip, scan, tmp_path):
        pytest.importorskip("SimpleITK", reason="needs SimpleITK (deskull[n4])")
        out = tmp_path / "new" / "out"
        done = strip(scan, "-o", out, "--distance", "--bias-correct", "--json", "--border", 0.5)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def test_json_lists_the_files(self, facts):
        assert set(facts["files"]) == {"brainmask", "brain", "distance", "brain_n4"}
        assert all(Path(path).exists() for path in facts["files"].values())

    def test_json_lists_the_stages(self, facts):
        assert set(facts["stages"]) == {"read", "conform", "network", "resample", "quality", "mask", "write"}

    def test_mask_is_where_the_distance_is_below_the_border(self, facts):
        distance, mask = (nib.load(facts["files"][kind]).get_fdata() for kind in ("distance", "brainmask"))
        np.testing.assert_array_equal(distance < 0.5, mask > 0)

    def test_volume_is_that_of_the_mask(self, facts):
        mask = nib.load(facts["files"]["brainmask"]).get_fdata()
        assert mask.sum() * 4**3 / 1000 == pytest.approx(facts["volume_ml"], rel=1e-3)


class TestBadScans:
    """A damaged and a missing scan beside a good one."""

    @pytest.fixture
    def done(self, strip, scan, tmp_path):
        (tmp_path / "broken.nii.gz").write_bytes(b"no image")
        return strip(tmp_path / "broken.nii.gz", tmp_path / "missing.nii", scan, "--jobs", 1)

    def test_good_scan_is_stripped(self, done, scan):
        assert (scan.parent / f"{NAME}_brain.nii.gz").exists()

    def test_status_is_1_and_the_summary_counts_the_failures(self, done):
        assert done.exit_code == 1
        assert "2 of 3 scans failed" in done.stderr

    def test_each_failure_is_one_line_that_names_the_scan(self, done):
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert [any(name in line for line in errors) for name in ("broken.nii.gz", "missing.nii")] == [True, True]
        assert len(errors) == 2


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--border", "99"), "--border 99: must lie within 10 mm of the surface."),
        (("--threads", "0"), "--threads 0: must be at least 1"),
        (("--timeout", "0"), "--timeout 0: must be more than 0."),
        (("--jobs", "0"), "--jobs 0: must be at least 1"),
        (("--max-archive-gb", "-1"), "--max-archive-gb -1: must be more than 0."),
        (("--keep-identity",), "--keep-identity: applies to the DICOM segmentation; add --dicom-seg."),
        (("--dicom-seg",), "--dicom-seg: applies to DICOM, but no scan is DICOM"),
        (("--series", "#2"), "--series: applies to DICOM, but no scan is DICOM"),
        (("--scheduler", "tcp://x:1", "--cluster", "slurm"), "--scheduler and --cluster: exclude each other"),
        (("--cluster-option", "queue=a"), "--cluster-option queue=a: must be NAME=VALUE and needs --cluster"),
        (("--memory", "4GB"), "--memory 4GB: applies to workers that --cluster starts"),
        (("--shard", "3/2"), "--shard 3/2: "),
        (("--icv", "--surface", "intracranial"), "--icv: the mask of --surface intracranial is the intracranial one"),
        (("--quality", "none", "--strict"), "--strict: needs the verdicts that --quality none turns off"),
        (("--quality-file", "--quality", "none"), "--quality-file: states nothing with --quality none; leave one of"),
    ],
)
def test_wrong_option_is_one_sentence_with_exit_status_2(strip, scan, options, text):
    done = strip(scan, *options)
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith(f"error: {text}")
    assert done.stderr.count("\n") == 1
    assert names(scan.parent) == [scan.name]


@pytest.mark.parametrize("arguments", [("",), ("scan.nii.gz", "-o", "")])
def test_empty_path_does_not_mean_the_current_folder(strip, scan, arguments, monkeypatch):
    monkeypatch.chdir(scan.parent)
    done = strip(*arguments)
    assert done.exit_code == 2
    assert "the path is empty" in done.stderr
    assert names(scan.parent) == [scan.name]


@pytest.mark.parametrize("options", [("--surface", "skin"), ("--frame", "x"), ("--device", "tpu"), ("--nonsense",)])
def test_option_that_does_not_exist_exits_with_status_2(strip, scan, options):
    assert strip(scan, *options).exit_code == 2
    assert names(scan.parent) == [scan.name]


def test_unknown_model_exits_with_status_2(deskull, scan):
    done = deskull("strip", scan, "--model", "none-such")
    assert done.exit_code == 2
    assert "none-such" in done.stderr


def test_scans_of_the_same_name_get_folders_of_their_own(strip, scan, tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / scan.name).write_bytes(scan.read_bytes())
    done = strip(scan, tmp_path / "b" / scan.name, "-o", tmp_path / "out", "--mask-only", "--jobs", 1)
    assert done.exit_code == 0, done.output
    for folder in ("scans", "b"):
        assert (tmp_path / "out" / folder / f"{NAME}_brainmask.nii.gz").exists()


def test_result_may_not_replace_another_scan(strip, scan):
    other = scan.with_name(f"{NAME}_brain.nii.gz")
    other.write_bytes(scan.read_bytes())
    done = strip(scan, other, "--overwrite")
    assert done.exit_code == 2
    assert other.read_bytes() == scan.read_bytes()


def test_full_disk_leaves_no_result_of_the_scan(scan, toy_model, tmp_path):
    """Every file is larger than the process may write."""
    code = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
sys.argv = ["deskull", "strip", {str(scan)!r}, "-o", {str(tmp_path / "out")!r}, "--model", {str(toy_model)!r}]
from deskull.cli import app
app()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert done.stderr.count("\n") == 1
    assert names(tmp_path / "out") == []


def test_name_that_is_not_text_is_printed_as_its_bytes(scan, toy_model, tmp_path):
    odd = tmp_path / os.fsdecode(b"s\xff.nii.gz")
    scan.rename(odd)
    command = [sys.executable, "-m", "deskull", "strip", odd, "-o", tmp_path / "out", "--mask-only"]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([*command, "--model", toy_model], capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert b"s\xff.nii.gz: " in done.stdout
    assert os.listdir(os.fsencode(tmp_path / "out")) == [b"s\xff_brainmask.nii.gz"]


def test_file_in_place_of_the_output_folder_is_one_sentence(strip, scan, tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = strip(scan, "-o", tmp_path / "file")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1


def test_results_have_the_format_of_the_scan(strip, tmp_path, tiny_head):
    formats.write(tiny_head, tmp_path / "head.mgz")
    assert strip(tmp_path / "head.mgz").exit_code == 0
    assert (tmp_path / "head_brain.mgz").exists()
    assert formats.read(tmp_path / "head_brainmask.mgz").shape == tiny_head.shape


def test_warning_is_printed_once(strip, scan, tmp_path, tiny_head):
    data = tiny_head.data.astype(np.float32)
    data[0] = np.nan
    formats.write(tiny_head.with_data(data), tmp_path / "nan.nii.gz")
    done = strip(tmp_path / "nan.nii.gz")
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert "NaN or infinite" in warnings[0]


def test_bias_correction_prints_nothing_of_itk(scan, toy_model, tmp_path):
    """A brain of one value, for which N4 warns."""
    pytest.importorskip("SimpleITK", reason="needs SimpleITK (deskull[n4])")
    command = [sys.executable, "-m", "deskull", "strip", scan, "-o", tmp_path / "out", "--bias-correct"]
    done = subprocess.run([*command, "--model", toy_model], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_verbose_reports_the_stages_of_each_scan_without_its_name(strip, scan):
    done = strip(scan, "--verbose")
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("INFO: scan 1: ")]
    assert "network" in line
    assert "write" in line
    assert NAME not in line


@pytest.mark.parametrize(("place", "has_table"), [("folder", True), ("file", False)])
def test_table_is_written_for_a_folder_of_one_scan_and_not_for_a_file(strip, scan, tmp_path, place, has_table):
    done = strip(scan.parent if place == "folder" else scan, "-o", tmp_path / "out", "--mask-only")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "deskull.tsv").exists() is has_table
