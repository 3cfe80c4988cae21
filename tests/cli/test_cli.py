"""The command line as a user meets it: files, lines, exit statuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest
from typer.testing import CliRunner

from deskull import formats
from deskull.cli import app
from deskull.errors import sentence
from deskull.evaluation.metrics import score


@pytest.fixture
def run():
    runner = CliRunner()
    return lambda *args: runner.invoke(app, [str(arg) for arg in args])


@pytest.fixture
def scan(tmp_path, head):
    formats.write(head, tmp_path / "sub-01_T1w.nii.gz")
    return tmp_path / "sub-01_T1w.nii.gz"


def test_strip_writes_brain_and_mask_beside_the_scan(run, scan):
    before = scan.read_bytes()
    done = run("strip", scan)
    assert done.exit_code == 0, done.output
    assert sorted(os.listdir(scan.parent)) == [
        "sub-01_T1w.nii.gz", "sub-01_T1w_brain.nii.gz", "sub-01_T1w_brainmask.nii.gz",
    ]  # fmt: skip
    assert " ml, " in done.stdout
    assert " s -> " in done.stdout
    assert scan.read_bytes() == before
    mask = nib.load(scan.parent / "sub-01_T1w_brainmask.nii.gz")
    assert set(np.unique(np.asarray(mask.dataobj))) == {0, 1}


def test_nothing_is_overwritten_without_the_flag(run, scan):
    assert run("strip", scan, "--mask-only").exit_code == 0
    mask = scan.parent / "sub-01_T1w_brainmask.nii.gz"
    written = mask.stat().st_mtime_ns
    again = run("strip", scan, "--mask-only")
    assert again.exit_code == 1
    assert "--overwrite" in again.stderr
    assert mask.stat().st_mtime_ns == written
    assert run("strip", scan, "--mask-only", "--overwrite").exit_code == 0
    assert not (scan.parent / "sub-01_T1w_brain.nii.gz").exists()


def test_all_outputs_as_json_in_a_folder(run, scan, tmp_path):
    done = run("strip", scan, "-o", tmp_path / "new" / "out", "--distance", "--bias-correct", "--json", "--border", 1)
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert set(summary["files"]) == {"brainmask", "brain", "distance", "brain_n4"}
    assert set(summary["stages"]) == {"read", "conform", "network", "resample", "mask", "write"}
    distance = nib.load(summary["files"]["distance"]).get_fdata()
    mask = nib.load(summary["files"]["brainmask"]).get_fdata()
    np.testing.assert_array_equal(distance < 1, mask > 0)
    assert mask.sum() * 8 / 1000 == pytest.approx(summary["volume_ml"], rel=1e-3)


def test_a_bad_scan_does_not_stop_the_others(run, scan, tmp_path):
    broken = tmp_path / "broken.nii.gz"
    broken.write_bytes(b"no image")
    done = run("strip", broken, tmp_path / "missing.nii", scan)
    assert done.exit_code == 1
    assert "2 of 3 scans failed" in done.stderr
    assert "broken.nii.gz" in done.stderr
    assert (scan.parent / "sub-01_T1w_brain.nii.gz").exists()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--border", "99"),
        ("--surface", "skin"),
        ("--model", "nope"),
        ("--threads", "0"),
        ("--frame", "x"),
        ("--nonsense",),
    ],
)
def test_usage_errors_exit_with_2(run, scan, options):
    done = run("strip", scan, *options)
    assert done.exit_code == 2
    assert os.listdir(scan.parent) == [scan.name]


def test_scans_of_one_name_get_folders_of_their_own(run, scan, tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / scan.name).write_bytes(scan.read_bytes())
    done = run("strip", scan, tmp_path / "b" / scan.name, "-o", tmp_path / "out", "--mask-only", "--jobs", 1)
    assert done.exit_code == 0, done.output
    for folder in (tmp_path / "out", tmp_path / "out" / "b"):
        assert (folder / "sub-01_T1w_brainmask.nii.gz").exists()


def test_two_scans_may_not_write_the_same_file(run, scan):
    plain = scan.with_name("sub-01_T1w.nii")
    formats.write(formats.read(scan), plain)
    done = run("strip", scan, plain, "-o", scan.parent / "out")
    assert done.exit_code == 2
    assert "would both be written to" in done.stderr


def test_a_result_may_not_replace_another_scan(run, scan, tmp_path):
    other = tmp_path / "sub-01_T1w_brain.nii.gz"
    other.write_bytes(scan.read_bytes())
    done = run("strip", scan, other, "--overwrite")
    assert done.exit_code == 2
    assert "is one of the scans" in done.stderr
    assert other.read_bytes() == scan.read_bytes()


def test_system_errors_are_one_sentence():
    assert sentence(PermissionError(13, "Permission denied", "/x")) == (
        "/x: Permission denied; check its permissions and the free space."
    )
    assert "memory" in sentence(MemoryError())


def test_a_full_disk_leaves_no_result_of_the_scan(scan, tmp_path):
    """The mask fits under the limit on file sizes, the brain does not: neither stays."""
    code = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
sys.argv = ["deskull", "strip", {str(scan)!r}, "-o", {str(tmp_path / "out")!r}]
from deskull.cli import app
app()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert done.stderr.count("\n") == 1
    assert os.listdir(tmp_path / "out") == []


def test_a_name_that_is_no_text(scan, tmp_path):
    odd = tmp_path / os.fsdecode(b"s\xff.nii.gz")
    scan.rename(odd)
    command = [sys.executable, "-m", "deskull", "strip", str(odd), "-o", str(tmp_path / "out"), "--mask-only"]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 0, done.stderr
    assert b"s\xff.nii.gz: " in done.stdout
    assert os.listdir(os.fsencode(tmp_path / "out")) == [b"s\xff_brainmask.nii.gz"]


def test_an_unwritable_folder(run, scan, tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = run("strip", scan, "-o", tmp_path / "file")
    assert done.exit_code == 1
    assert "could not be written" in done.stderr


def test_other_formats_stay_what_they_are(run, tmp_path, head):
    formats.write(head, tmp_path / "head.mgz")
    assert run("strip", tmp_path / "head.mgz").exit_code == 0
    assert (tmp_path / "head_brain.mgz").exists()
    assert formats.read(tmp_path / "head_brainmask.mgz").shape == head.shape


def test_show_draws_a_picture(run, scan, tmp_path):
    assert run("strip", scan).exit_code == 0
    mask = tmp_path / "sub-01_T1w_brainmask.nii.gz"
    done = run("show", scan, mask, "-o", tmp_path / "a.png")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert run("show", scan, mask, "-o", tmp_path / "a.png").exit_code == 1
    assert run("show", scan, mask, "-o", tmp_path / "a.png", "--overwrite").exit_code == 0


def test_evaluate_files_and_folders(run, tmp_path, head):
    for folder, shift in (("pred", 1), ("ref", 0)):
        for case in ("a", "b"):
            mask = np.roll(head.data > 500, shift, 0).astype(np.uint8)
            ending = "brainmask" if folder == "pred" else "mask"
            formats.write(head.with_data(mask), tmp_path / folder / f"{case}_{ending}.nii.gz")
    done = run(
        "evaluate", tmp_path / "pred", tmp_path / "ref", "--csv", tmp_path / "s.csv", "--json", tmp_path / "s.json"
    )
    assert done.exit_code == 0, done.output
    assert "median" in done.stdout
    found = json.loads((tmp_path / "s.json").read_text())
    expected = score(np.roll(head.data > 500, 1, 0), head.data > 500, head.voxel_sizes)
    assert found["cases"]["a"]["dice"] == pytest.approx(expected.dice)
    assert (tmp_path / "s.csv").read_text().startswith("case,dice,iou,")
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 3
    one = run("evaluate", tmp_path / "pred" / "a_brainmask.nii.gz", tmp_path / "ref" / "a_mask.nii.gz", "--json", "-")
    assert json.loads(one.stdout)["cases"]["a"]["dice"] == pytest.approx(expected.dice)


def test_evaluate_inside_a_roi(run, tmp_path, head):
    mask = (head.data > 500).astype(np.uint8)
    wrong = mask.copy()
    wrong[:40] = 1
    roi = np.ones_like(mask)
    roi[:40] = 0
    for name, data in (("pred/a", wrong), ("ref/a_mask", mask), ("ref/a_roi", roi)):
        formats.write(head.with_data(data), tmp_path / f"{name}.nii.gz")
    done = run("evaluate", tmp_path / "pred", tmp_path / "ref", "--roi", tmp_path / "ref", "--json", "-")
    assert json.loads(done.stdout)["cases"]["a"]["dice"] == 1


def test_evaluate_reads_scaled_and_nan_masks(run, tmp_path, head):
    mask = head.data > 500
    image = nib.Nifti1Image(mask.astype(float), head.affine)
    image.set_data_dtype(np.int16)  # nibabel then stores 0 as -32768, with a slope
    nib.save(image, tmp_path / "a.nii.gz")
    hollow = np.where(mask, 1.0, np.nan).astype(np.float32)
    nib.save(nib.Nifti1Image(hollow, head.affine), tmp_path / "b.nii.gz")
    formats.write(head.with_data(mask.astype(np.uint8)), tmp_path / "ref.nii.gz")
    for name in ("a", "b"):
        done = run("evaluate", tmp_path / f"{name}.nii.gz", tmp_path / "ref.nii.gz", "--json", "-")
        assert json.loads(done.stdout)["cases"][name]["dice"] == 1, name


def test_evaluate_names_what_it_leaves_out(run, tmp_path, head):
    mask = head.with_data((head.data > 500).astype(np.uint8))
    for name in ("pred/a", "pred/b", "ref/a_mask", "ref/c_mask", "roi/x_roi"):
        formats.write(mask, tmp_path / f"{name}.nii.gz")
    done = run("evaluate", tmp_path / "pred", tmp_path / "ref")
    assert "b: has no reference" in done.stderr
    assert "c: has no prediction" in done.stderr
    missing = run("evaluate", tmp_path / "pred", tmp_path / "ref", "--roi", tmp_path / "roi")
    assert missing.exit_code == 1
    assert "0 regions for a" in missing.stderr
    formats.write(mask, tmp_path / "ref" / "a_seg.nii.gz")
    assert "same case" in run("evaluate", tmp_path / "pred", tmp_path / "ref").stderr


def test_inputs_are_never_results(run, scan):
    before = scan.read_bytes()
    assert run("show", scan, scan, "-o", scan, "--overwrite").exit_code == 2
    assert run("evaluate", scan, scan, "--csv", scan, "--overwrite").exit_code == 2
    assert scan.read_bytes() == before


def test_evaluate_refuses_other_grids(run, tmp_path, head):
    formats.write(head.with_data(head.data), tmp_path / "a.nii.gz")
    moved = head.affine.copy()
    moved[0, 3] += 30
    formats.write(type(head)(head.data, moved), tmp_path / "b.nii.gz")
    formats.write(type(head)(head.data[1:], moved), tmp_path / "c.nii.gz")
    for other, fault in (("b", "30.0 mm"), ("c", "shape"), ("none", "no such")):
        done = run("evaluate", tmp_path / "a.nii.gz", tmp_path / f"{other}.nii.gz")
        assert done.exit_code == 1
        assert fault in done.stderr


def test_demo_makes_and_strips_a_head(run, tmp_path):
    done = run("demo", "-o", tmp_path / "demo")
    assert done.exit_code == 0, done.output
    assert sorted(os.listdir(tmp_path / "demo")) == [
        "head.nii.gz", "head.png", "head_brain.nii.gz", "head_brainmask.nii.gz",
    ]  # fmt: skip
    assert "look at this one" in done.stdout


def test_version_and_help(run):
    assert run("--version").stdout.startswith("deskull 0.")
    for command in ("strip", "show", "evaluate", "demo"):
        assert command in run("--help").stdout
        assert run(command, "--help").exit_code == 0


def test_the_installed_command_speaks_one_sentence(tmp_path):
    command = [sys.executable, "-m", "deskull", "strip", str(tmp_path / "none.nii.gz")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no such file" in done.stderr


def test_start_up_loads_nothing_heavy():
    code = "import sys, deskull.cli; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "SimpleITK", "lightning", "monai", "onnxruntime", "openvino", "matplotlib"} & set(loaded)
