"""``deskull bids``: a real run on a dataset of several sessions, runs and contrasts, checked by the BIDS validator."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("ancpbids", reason="needs ancpbids (deskull[bids])")

from deskull import Volume, formats
from deskull.cli import app
from deskull.models import load_model

SCANS = (
    "sub-01/ses-1/anat/sub-01_ses-1_run-1_T1w",
    "sub-01/ses-1/anat/sub-01_ses-1_T2w",
    "sub-01/ses-2/anat/sub-01_ses-2_acq-fast_T1w",
    "sub-02/anat/sub-02_T1w",
)


@pytest.fixture(scope="module")
def stripped(tmp_path_factory, head):
    """A raw dataset of four heads in half the size of real ones, and a run of the participant level on it."""
    folder = tmp_path_factory.mktemp("bids")
    raw = folder / "raw"
    tiny = Volume(np.ascontiguousarray(head.data[::2, ::2, ::2]), np.diag([2.0, 2.0, 2.0, 1.0]))
    for name in SCANS:
        formats.write(tiny, raw / f"{name}.nii.gz")
        (raw / f"{name}.json").write_text(json.dumps({"RepetitionTime": 2.3, "Manufacturer": "None"}))
    fields = {"Name": "made by code", "BIDSVersion": "1.9.0", "DatasetType": "raw"}
    (raw / "dataset_description.json").write_text(json.dumps(fields))
    done = run(raw, folder / "out", "participant", "--nprocs", 1, "--model", "small")
    assert done.exit_code == 0, done.output
    return raw, folder / "out"


@pytest.fixture
def raw(stripped, tmp_path):
    """A copy of the raw dataset that a test may change."""
    shutil.copytree(stripped[0], tmp_path / "raw")
    return tmp_path / "raw"


def run(*args):
    return CliRunner().invoke(app, ["bids", *(str(arg) for arg in args)])


def names(out):
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.nii.gz"))


def test_participant_level_writes_a_mask_and_a_brain_for_each_scan(stripped):
    _, out = stripped
    assert names(out) == sorted(
        name
        for scan, label in zip(SCANS, ("", "T2w", "", ""), strict=True)
        for entities, suffix in [scan.rsplit("_", 1)]
        for name in (f"{entities}_desc-brain{label}_mask.nii.gz", f"{entities}_desc-brain_{suffix}.nii.gz")
    )
    for name in names(out):
        assert formats.read(out / name).data.any()
        assert json.loads((out / name.replace(".nii.gz", ".json")).read_text())["Sources"]


def test_official_validator_finds_no_error(stripped):
    _, out = stripped
    assert run("x", out, "group").exit_code == 0
    validator = Path(sys.executable).with_name("bids-validator-deno")
    if not validator.exists():
        pytest.skip("needs bids-validator-deno (deskull[dev])")
    done = subprocess.run([validator, out, "--format", "json"], capture_output=True, text=True, check=False)
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    assert done.returncode == 0


def test_second_run_does_nothing_and_says_so(stripped):
    raw, out = stripped
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    done = run(raw, out, "participant", "--model", "small")
    assert done.exit_code == 0
    assert f"nothing to do: all {len(SCANS)} scans" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


def test_masks_that_were_not_judged_have_a_status_of_their_own_with_strict(stripped):
    raw, out = stripped
    done = run(raw, out, "participant", "--model", "small", "--strict")
    assert done.exit_code == 3
    assert f"error: --strict: there is no verdict on {len(SCANS)} of {len(SCANS)} masks" in done.stderr


def test_bad_mask_has_status_1_with_strict(raw, head, tmp_path):
    too_small = Volume(np.ascontiguousarray(head.data[::2, ::2, ::2]), np.diag([1.5, 1.5, 1.5, 1.0]))
    formats.write(too_small, raw / "sub-02" / "anat" / "sub-02_T1w.nii.gz", overwrite=True)
    done = run(raw, tmp_path / "out", "participant", "--participant-label", "02", "--mask-only", "--strict")
    assert done.exit_code == 1, done.output
    assert "error: --strict: the verdict is fail on the mask of " in done.stderr


def test_no_quality_is_written_without_a_judgement(stripped, tmp_path):
    raw, _ = stripped
    options = ("--participant-label", "02", "--mask-only", "--model", "small", "--quality", "none")
    assert run(raw, tmp_path, "participant", *options).exit_code == 0
    assert list(tmp_path.rglob("*_quality.json")) == []


def test_derivatives_of_another_network_are_refused_and_kept(stripped):
    raw, out = stripped
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    done = run(raw, out, "participant", "--model", "default")
    assert done.exit_code == 1
    assert "use --overwrite to replace it" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


def test_group_level_prints_the_number_of_masks(stripped):
    _, out = stripped
    done = run("x", out, "group")
    assert (done.exit_code, done.stdout) == (0, f"{len(SCANS)} masks -> {out / 'group_brain.tsv'}\n")


def test_group_level_with_a_damaged_mask_exits_with_1(tmp_path):
    (tmp_path / "sub-1").mkdir()
    (tmp_path / "sub-1" / "sub-1_desc-brain_mask.nii.gz").write_bytes(b"no image")
    done = run("x", tmp_path, "group")
    assert done.exit_code == 1
    assert "error: " in done.stderr


def test_dry_run_lists_scans_and_writes_nothing(stripped, tmp_path):
    raw, _ = stripped
    done = run(raw, tmp_path / "out", "participant", "--dry-run")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == len(SCANS)
    assert not (tmp_path / "out").exists()


def test_one_of_two_files_of_the_same_scan_is_stripped_with_a_warning(raw, tmp_path):
    (raw / f"{SCANS[3]}.nii").write_bytes(b"the same, not compressed")
    done = run(raw, tmp_path / "out", "participant", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "sub-02_T1w.nii: has the same name as sub-02_T1w.nii.gz, which is stripped instead" in done.stderr
    assert len(done.stdout.splitlines()) == len(SCANS)


@pytest.mark.parametrize("options", [("--participant-label",), ("--suffix", "--dry-run")])
def test_option_without_its_value_is_refused(stripped, tmp_path, options):
    raw, _ = stripped
    done = run(raw, tmp_path / "out", "participant", *options)
    assert done.exit_code == 2
    assert "needs a value" in done.stderr


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--participant-label", "02"), 1),
        (("--participant_label", "sub-01", "02", "--suffix", "T1w"), 3),
        (("--session-id", "2"), 1),
        (("--suffix", "T2w", "T1w"), 4),
        (("--bids-filter-file", "filter.json"), 4),
        (("--bids-filter-file", "filter.json", "--participant-label=02"), 1),
    ],
)
def test_scans_are_chosen_by_options_with_several_values(stripped, tmp_path, options, count, monkeypatch):
    raw, _ = stripped
    monkeypatch.chdir(tmp_path)
    (tmp_path / "filter.json").write_text(json.dumps({"t2w": {}, "plain": {"suffix": "T1w"}}))
    done = run(raw, tmp_path / "out", "participant", *options, "--dry-run")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == count


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("{none}", "{out}", "participant"), 2, "is not a BIDS dataset"),
        (("{raw}", "{out}", "participant", "--participant-label", "99"), 2, "has no participant 99"),
        (("{raw}", "{out}", "participant", "--bids-filter-file", "{none}"), 1, "cannot be read as a filter file"),
        (("{raw}", "{out}", "group"), 2, "holds no masks"),
        (("{raw}", "{out}", "group", "--strict"), 2, "--strict: applies to the participant level"),
        (("{raw}", "{out}", "participant", "--strict", "--quality", "none"), 2, "--strict: needs the verdicts"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(stripped, tmp_path, arguments, status, message):
    places = {"raw": stripped[0], "out": tmp_path / "out", "none": tmp_path / "none"}
    done = run(*(argument.format(**places) for argument in arguments))
    assert done.exit_code == status, done.output
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_damaged_scan_does_not_stop_the_others(raw, tmp_path):
    (raw / f"{SCANS[0]}.nii.gz").write_bytes(b"no image")
    options = ("--mask-only", "--suffix", "T1w", "--model", "small")
    done = run(raw, tmp_path / "out", "participant", *options)
    assert done.exit_code == 1
    assert "is not a NIfTI image" in done.stderr
    assert len(names(tmp_path / "out")) == 2
    done = run(raw, tmp_path / "out", "group")
    assert (done.exit_code, done.stderr) == (0, "1 scan failed at the participant level; the column 'error' says why\n")
    failed, *others = (tmp_path / "out" / "group_brain.tsv").read_text().splitlines()[1:]
    assert f"bids:raw:{SCANS[0]}.nii.gz\tfailed\t" in failed
    assert "is not a NIfTI image" in failed
    assert len(others) == 2


def test_intracranial_masks_are_added_to_brain_masks_that_exist(stripped, tmp_path):
    raw, _ = stripped
    options = ("--participant-label", "02", "--model", "small", "--mask-only")
    assert run(raw, tmp_path, "participant", *options).exit_code == 0
    done = run(raw, tmp_path, "participant", *options, "--icv")
    assert done.exit_code == 0, done.output
    assert names(tmp_path) == [f"sub-02/anat/sub-02_desc-{label}_mask.nii.gz" for label in ("brain", "icv")]
    brain, icv = (tmp_path / name for name in names(tmp_path))
    assert formats.read(icv).data.sum() > formats.read(brain).data.sum() > 0


def test_sidecar_of_the_intracranial_mask_states_its_surface_and_border(stripped, tmp_path):
    raw, _ = stripped
    done = run(raw, tmp_path, "participant", "--participant-label", "02", "--model", "small", "--border", "2", "--icv")
    assert done.exit_code == 0, done.output
    made = json.loads((tmp_path / "sub-02/anat/sub-02_desc-icv_mask.json").read_text())["GeneratedBy"][0]
    assert made["Parameters"]["surface"] == "intracranial"
    assert made["Parameters"]["border_mm"] == load_model("small").default_border("intracranial")


def test_mask_of_a_diffusion_series_is_made_with_b_values_that_it_inherits(raw, tmp_path):
    head = formats.read(raw / f"{SCANS[3]}.nii.gz")
    noise = np.random.default_rng(0).integers(0, 1000, head.data.shape).astype(head.data.dtype)
    series = Volume(np.stack([noise, head.data], axis=-1), head.affine)
    formats.write(series, raw / "sub-02" / "dwi" / "sub-02_dwi.nii.gz")
    (raw / "dwi.bval").write_text("1000 0")
    options = ("--participant-label", "02", "--suffix", "dwi", "T1w", "--model", "small", "--mask-only")
    done = run(raw, tmp_path / "out", "participant", *options)
    assert done.exit_code == 0, done.output
    of_head, of_series = (formats.read(tmp_path / "out" / name).data for name in names(tmp_path / "out"))
    assert (of_head == of_series).mean() > 0.999


def test_frames_are_masked_one_by_one_and_the_group_table_states_their_volume(raw, tmp_path):
    head = formats.read(raw / f"{SCANS[3]}.nii.gz")
    formats.write(
        Volume(np.stack([head.data, head.data], axis=-1), head.affine), raw / "sub-02/func/sub-02_bold.nii.gz"
    )
    options = ("--participant-label", "02", "--suffix", "bold", "T1w", "--model", "small", "--frame", "each")
    done = run(raw, tmp_path / "out", "participant", *options, "--mask-only")
    assert done.exit_code == 0, done.output
    masks = [formats.read(tmp_path / "out" / name) for name in names(tmp_path / "out")]
    assert [mask.n_frames for mask in masks] == [1, 2]
    assert run(raw, tmp_path / "out", "group").exit_code == 0
    rows = (tmp_path / "out" / "group_brain.tsv").read_text().splitlines()
    column = rows[0].split("\t").index("volume_ml")
    first, second = (float(row.split("\t")[column]) for row in rows[1:])
    assert first == pytest.approx(second, rel=0.05)


@pytest.mark.parametrize("level", ["participant", "group"])
def test_report_shows_each_raw_scan_and_replaces_an_earlier_one(stripped, tmp_path, level):
    for folder in stripped:
        shutil.copytree(folder, tmp_path / folder.name)
    for _ in range(2):
        done = run(tmp_path / "raw", tmp_path / "out", level, "--nprocs", 1, "--model", "small", "--report")
        assert done.exit_code == 0, done.output
    report = tmp_path / "out" / "report"
    rows = (report / "data" / "rows.js").read_text()
    assert all(f'"{name}.nii.gz"' in rows for name in SCANS)
    assert len(list((report / "strips").glob("*.webp"))) == len(SCANS)
