"""``deskull bids``: a multi-session, multi-run, multi-contrast tree, validated by the official validator."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("ancpbids", reason="needs ancpbids (deskull[bids])")

from deskull import formats
from deskull.cli import app

SCANS = (
    "sub-01/ses-1/anat/sub-01_ses-1_run-1_T1w",
    "sub-01/ses-1/anat/sub-01_ses-1_run-2_T1w",
    "sub-01/ses-1/anat/sub-01_ses-1_T2w",
    "sub-01/ses-2/anat/sub-01_ses-2_acq-fast_T1w",
    "sub-02/anat/sub-02_T1w",
    "sub-02/anat/sub-02_FLAIR",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory, head):
    """A raw dataset of six scans and a run of the participant level on it."""
    folder = tmp_path_factory.mktemp("bids")
    raw = folder / "raw"
    for name in SCANS:
        formats.write(head, raw / f"{name}.nii.gz")
        (raw / f"{name}.json").write_text(json.dumps({"RepetitionTime": 2.3, "Manufacturer": "None"}))
    (raw / "T1w.json").write_text(json.dumps({"RepetitionTime": 1.0, "MagneticFieldStrength": 3}))  # of all T1w
    (raw / "acq-fast_T1w.json").write_text(json.dumps({"FlipAngle": 9}))
    facts = {"Name": "made by code", "BIDSVersion": "1.9.0", "DatasetType": "raw"}
    (raw / "dataset_description.json").write_text(json.dumps(facts))
    done = run(raw, folder / "out", "participant", "--nprocs", 1)
    assert done.exit_code == 0, done.output
    return raw, folder / "out"


def run(*args):
    return CliRunner().invoke(app, ["bids", *(str(arg) for arg in args)])


def names(out):
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.nii.gz"))


def test_names_and_sidecars(made):
    _, out = made
    assert names(out) == sorted(
        name
        for scan, label in zip(SCANS, ("", "", "T2w", "", "", "FLAIR"), strict=True)
        for entities, suffix in [scan.rsplit("_", 1)]
        for name in (f"{entities}_desc-brain{label}_mask.nii.gz", f"{entities}_desc-brain_{suffix}.nii.gz")
    )
    mask = json.loads((out / "sub-01/ses-1/anat/sub-01_ses-1_desc-brainT2w_mask.json").read_text())
    assert mask["Type"] == "Brain"
    assert mask["Sources"] == ["bids:raw:sub-01/ses-1/anat/sub-01_ses-1_T2w.nii.gz"]
    assert mask["GeneratedBy"][0]["Parameters"]["model"] == "default"
    brain = json.loads((out / "sub-02/anat/sub-02_desc-brain_T1w.json").read_text())
    assert brain["SkullStripped"] is True
    assert brain["RepetitionTime"] == 2.3
    assert np.asarray(nib.load(out / "sub-02/anat/sub-02_desc-brain_mask.nii.gz").dataobj).any()
    facts = json.loads((out / "dataset_description.json").read_text())
    assert facts["DatasetType"] == "derivative"
    assert facts["GeneratedBy"][0]["Name"] == "deskull"


def test_sidecars_are_inherited_from_the_folders_above(made):
    _, out = made
    plain = json.loads((out / "sub-02/anat/sub-02_desc-brain_T1w.json").read_text())
    assert (plain["MagneticFieldStrength"], plain["RepetitionTime"]) == (3, 2.3)  # the nearer goes before
    assert "FlipAngle" not in plain
    fast = json.loads((out / "sub-01/ses-2/anat/sub-01_ses-2_acq-fast_desc-brain_T1w.json").read_text())
    assert fast["FlipAngle"] == 9
    assert "MagneticFieldStrength" not in json.loads((out / "sub-02/anat/sub-02_desc-brain_FLAIR.json").read_text())


def test_the_official_validator_finds_no_error(made):
    _, out = made
    assert run("x", out, "group").exit_code == 0
    validator = Path(sys.executable).with_name("bids-validator-deno")
    if not validator.exists():
        pytest.skip("needs bids-validator-deno (deskull[dev])")
    done = subprocess.run([validator, out, "--format", "json"], capture_output=True, text=True, check=False)
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    assert done.returncode == 0


def test_running_twice_does_nothing_and_says_so(made):
    raw, out = made
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    done = run(raw, out, "participant")
    assert done.exit_code == 0
    assert "nothing to do: all 6 scans" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_group_lists_all_masks(made):
    _, out = made
    done = run("x", out, "group")
    assert done.exit_code == 0
    lines = [line.split("\t") for line in (out / "group_brain.tsv").read_text().splitlines()]
    assert len(lines) == 1 + len(SCANS)
    row = dict(zip(lines[0], lines[1], strict=True))
    assert row["participant_id"] == "sub-01"
    assert row["session_id"] == "ses-1"
    assert 500 < float(row["volume_ml"]) < 2000


def test_one_of_two_files_of_the_same_scan_is_stripped_with_a_warning(made, tmp_path):
    raw, _ = made
    shutil.copytree(raw, tmp_path / "raw")
    (tmp_path / "raw" / f"{SCANS[4]}.nii").write_bytes(b"the same in plain")
    done = run(tmp_path / "raw", tmp_path / "out", "participant", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "sub-02_T1w.nii: has the same name as sub-02_T1w.nii.gz, which is stripped instead" in done.stderr
    assert len(done.stdout.splitlines()) == len(SCANS)


def test_an_option_without_its_value_is_refused(made, tmp_path):
    raw, _ = made
    for options in (("--participant-label",), ("--suffix", "--dry-run")):
        done = run(raw, tmp_path / "out", "participant", *options)
        assert done.exit_code == 2
        assert "needs a value" in done.stderr


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--participant-label", "02"), 2),
        (("--participant_label", "sub-01", "02", "--suffix", "T1w"), 4),
        (("--session-id", "2"), 1),
        (("--suffix", "T2w", "FLAIR"), 2),
        (("--bids-filter-file", "filter.json"), 3),
        (("--bids-filter-file", "filter.json", "--participant-label=02"), 1),
    ],
)
def test_choosing_scans(made, tmp_path, options, count, monkeypatch):
    raw, _ = made
    monkeypatch.chdir(tmp_path)
    kinds = {
        "t1w": {"session": "1", "run": 2, "datatype": "anat"},
        "flair": {},
        "fmap": {"datatype": "fmap"},  # of no use here
        "t2w": {"datatype": "func"},  # there is none
        "fast": {"acquisition": "fast", "suffix": "T1w"},
    }
    (tmp_path / "filter.json").write_text(json.dumps(kinds))
    done = run(raw, tmp_path / "out", "participant", *options, "--dry-run")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == count
    assert not (tmp_path / "out").exists()


def test_what_is_no_dataset_is_refused(made, tmp_path):
    raw, _ = made
    other = tmp_path / "other"
    other.mkdir()
    (other / "dataset_description.json").write_text('{"Name": "mine"}')
    (tmp_path / "wrong.json").write_text('{"sesion": "1"}')
    for args, said in (
        ((tmp_path, tmp_path / "o", "participant"), "is no BIDS dataset"),
        ((raw, tmp_path / "o", "participant", "--participant-label", "99"), "has no participant 99"),
        ((raw, tmp_path / "o", "participant", "--suffix", "bold"), "holds no such scans"),
        ((raw, tmp_path / "o", "participant", "--bids-filter-file", tmp_path / "none.json"), "is no filter file"),
        ((raw, tmp_path / "o", "participant", "--bids-filter-file", tmp_path / "wrong.json"), "sesion is no entity"),
        ((raw, other, "participant"), "holds another dataset"),
        ((raw, tmp_path / "o", "group"), "holds no masks"),
    ):
        done = run(*args)
        assert done.exit_code in (1, 2), done.output
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "o").exists()


def test_a_broken_scan_does_not_stop_the_rest(made, tmp_path):
    raw, _ = made
    shutil.copytree(raw, tmp_path / "raw")
    (tmp_path / "raw" / f"{SCANS[0]}.nii.gz").write_bytes(b"no image")
    done = run(tmp_path / "raw", tmp_path / "out", "participant", "--mask-only", "--suffix", "T1w")
    assert done.exit_code == 1
    assert "is not a NIfTI image" in done.stderr
    assert len(names(tmp_path / "out")) == 3


def test_people_whose_folders_are_links(made, tmp_path):
    raw, _ = made
    (tmp_path / "raw").mkdir()
    for path in raw.iterdir():
        (tmp_path / "raw" / path.name).symlink_to(path)
    done = run(tmp_path / "raw", tmp_path / "out", "participant", "--participant-label", "02", "--suffix", "T1w")
    assert done.exit_code == 0, done.output
    facts = json.loads((tmp_path / "out/sub-02/anat/sub-02_desc-brain_mask.json").read_text())
    assert facts["Sources"] == ["bids:raw:sub-02/anat/sub-02_T1w.nii.gz"]
