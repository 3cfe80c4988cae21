"""``deskull rerun``: a line or an object, and an exit status."""

from __future__ import annotations

import json

import pytest

from deskull.cli import heartbeat


@pytest.fixture
def sidecar(strip, scan):
    """The sidecar of a stripped scan."""
    assert strip(scan, "--provenance", "--mask-only").exit_code == 0
    return scan.with_name("sub-01_T1w_brainmask.json")


def edit(sidecar, before, after):
    text = sidecar.read_text()
    assert before in text
    sidecar.write_text(text.replace(before, after))


def test_identical_mask_is_stated(deskull, sidecar):
    done = deskull("rerun", sidecar)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"{sidecar.with_suffix('.nii.gz')}: identical, ")
    assert done.stderr == ""


def test_difference_is_stated_with_the_exit_status_1(deskull, sidecar):
    edit(sidecar, '"border_mm": 0.0', '"border_mm": 2.0')
    done = deskull("rerun", sidecar, "--json")
    assert done.exit_code == 1
    facts = json.loads(done.stdout)
    assert not facts["identical"]
    assert facts["volume_ml_now"] > facts["volume_ml"]
    assert 0 < facts["dice"] < 1


def test_difference_of_the_machines_is_printed(deskull, sidecar):
    edit(sidecar, '"engine": "onnxruntime 1', '"engine": "onnxruntime 0')
    assert deskull("rerun", sidecar).stderr.startswith("engine: onnxruntime 0.")


def test_missing_sidecar_is_one_sentence(deskull, tmp_path):
    done = deskull("rerun", tmp_path / "none.json")
    assert done.exit_code == 1
    assert done.stderr == f"error: {tmp_path / 'none.json'}: no such file; check the path.\n"


def test_progress_is_shown_on_stderr(deskull, sidecar, monkeypatch):
    monkeypatch.setattr(heartbeat, "INTERVAL_S", 0.005)
    done = deskull("rerun", sidecar)
    assert done.exit_code == 0, done.output
    assert f"still stripping the scan of {sidecar.name} again: " in done.stderr
