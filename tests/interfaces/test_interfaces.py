"""Interfaces: nipype and pydra give the files that the command gives; a notebook shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deskull import InputError, formats


@pytest.fixture
def scan(tmp_path, head):
    formats.write(head, tmp_path / "head.nii.gz")
    return tmp_path / "head.nii.gz"


def test_nipype(scan, tmp_path, monkeypatch):
    pytest.importorskip("nipype", reason="needs nipype (deskull[nipype])")
    from deskull.interfaces.nipype import strip_node

    node = strip_node(threads=2, in_file=str(scan))
    node.base_dir = str(tmp_path / "work")
    assert (node.n_procs, node.mem_gb) == (2, 1.0)
    found = node.run().outputs
    assert Path(found.mask_file).name == "head_brainmask.nii.gz"
    mask = formats.read(found.mask_file).data
    np.testing.assert_array_equal(formats.read(found.out_file).data != 0, (mask > 0) & (formats.read(scan).data != 0))
    assert found.volume_ml > 100


def test_nipype_says_what_is_wrong(tmp_path):
    pytest.importorskip("nipype", reason="needs nipype (deskull[nipype])")
    from deskull.interfaces.nipype import Strip

    (tmp_path / "bad.nii.gz").write_bytes(b"no image")
    with pytest.raises(InputError, match="is not a NIfTI image"):
        Strip(in_file=str(tmp_path / "bad.nii.gz")).run(cwd=str(tmp_path))


def test_pydra(scan, tmp_path):
    pytest.importorskip("pydra", reason="needs pydra (deskull[pydra])")
    from deskull.interfaces.pydra import strip_task

    task = strip_task(in_file=scan, out_dir=tmp_path / "out", cache_dir=tmp_path / "cache")
    found = task().output
    assert found.mask_file == tmp_path / "out" / "head_brainmask.nii.gz"
    assert found.mask_file.exists()
    assert found.out_file.exists()
    assert found.volume_ml > 100


def test_notebook(scan, stripper):
    pytest.importorskip("ipyniivue", reason="needs ipyniivue (deskull[notebook])")
    from deskull.interfaces.notebook import view

    widget = view(stripper.strip(scan))
    assert [Path(volume.path).name for volume in widget.volumes] == ["scan.nii.gz", "mask.nii.gz"]
    assert widget.volumes[1].opacity == pytest.approx(0.4)
