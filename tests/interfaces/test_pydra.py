"""pydra: a task gives the files that the command gives."""

from __future__ import annotations

import pytest

pytest.importorskip("pydra", reason="needs pydra (deskull[pydra])")

from deskull.interfaces.pydra import strip_task


@pytest.fixture
def output(scan, tmp_path, toy_model):
    """Output of a task with the toy network."""
    task = strip_task(in_file=scan, out_dir=tmp_path / "out", model=str(toy_model), cache_dir=tmp_path / "cache")
    return task().output


def test_output_is_the_mask_the_brain_and_the_volume(output, tmp_path):
    assert output.mask_file == tmp_path / "out" / "head_brainmask.nii.gz"
    assert output.out_file == tmp_path / "out" / "head_brain.nii.gz"
    assert output.mask_file.exists()
    assert output.out_file.exists()
    assert output.volume_ml > 100


def test_unreadable_scan_fails_the_task(tmp_path):
    (tmp_path / "bad.nii.gz").write_bytes(b"no image")
    task = strip_task(in_file=tmp_path / "bad.nii.gz", out_dir=tmp_path, cache_dir=tmp_path / "cache")
    with pytest.raises(Exception, match=r"bad\.nii\.gz"):
        task()


def test_intracranial_mask_and_its_volume_are_outputs_if_asked_for(scan, tmp_path):
    task = strip_task(in_file=scan, out_dir=tmp_path / "out", model="small", icv=True, cache_dir=tmp_path / "cache")
    output = task().output
    assert output.icv_mask_file == tmp_path / "out" / "head_icvmask.nii.gz"
    assert output.icv_mask_file.exists()
    assert output.icv_ml > output.volume_ml


def test_intracranial_mask_is_none_by_default(output):
    assert (output.icv_mask_file, output.icv_ml) == (None, None)
