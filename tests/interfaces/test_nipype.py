"""nipype: a node gives the files that the command gives, and describes its inputs as the options do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("nipype", reason="needs nipype (deskull[nipype])")

from nipype.interfaces.base import isdefined

from deskull import InputError, StripOptions, UsageError, formats
from deskull.interfaces.nipype import Strip, strip_node
from deskull.options import option_fields


@pytest.fixture
def outputs(scan, tmp_path, toy_model):
    """Outputs of a node with the toy network."""
    node = strip_node(threads=2, in_file=str(scan), model=str(toy_model))
    node.base_dir = str(tmp_path / "work")
    return node.run().outputs


def test_node_declares_its_threads_and_memory():
    node = strip_node(threads=2)
    assert (node.n_procs, node.mem_gb) == (2, 1.0)
    assert node.inputs.num_threads == 2


def test_outputs_are_the_mask_and_the_brain(outputs, scan):
    assert Path(outputs.mask_file).name == "head_brainmask.nii.gz"
    mask, brain = formats.read(outputs.mask_file).data, formats.read(outputs.out_file).data
    np.testing.assert_array_equal(brain != 0, (mask > 0) & (formats.read(scan).data != 0))


def test_volume_is_that_of_the_mask(outputs):
    mask = formats.read(outputs.mask_file)
    assert outputs.volume_ml == pytest.approx(mask.data.sum() * mask.voxel_ml, rel=1e-3)


def test_unreadable_scan_is_an_input_error(tmp_path):
    (tmp_path / "bad.nii.gz").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"bad\.nii\.gz: "):
        Strip(in_file=str(tmp_path / "bad.nii.gz")).run(cwd=str(tmp_path))


def test_wrong_option_is_refused(scan, tmp_path):
    with pytest.raises(UsageError, match="threads=0: must be at least 1"):
        Strip(in_file=str(scan), num_threads=0).run(cwd=str(tmp_path))


@pytest.mark.parametrize(
    ("trait", "name"),
    [("border", "border"), ("surface", "surface"), ("frame", "frame"), ("model", "model"), ("num_threads", "threads")],
)
def test_input_has_the_description_of_the_option(trait, name):
    assert Strip().inputs.trait(trait).desc == option_fields()[name].help


@pytest.mark.parametrize("name", ["border", "surface", "frame", "model"])
def test_input_has_the_default_of_the_option(name):
    assert getattr(Strip().inputs, name) == getattr(StripOptions(), name)


def test_intracranial_mask_and_its_volume_are_outputs_if_asked_for(scan, tmp_path):
    outputs = Strip(in_file=str(scan), model="small", icv=True).run(cwd=str(tmp_path)).outputs
    icv = formats.read(outputs.icv_mask_file)
    assert Path(outputs.icv_mask_file).name == "head_icvmask.nii.gz"
    assert outputs.icv_ml == pytest.approx(icv.data.sum() * icv.voxel_ml, rel=1e-3)
    assert outputs.icv_ml > outputs.volume_ml


def test_intracranial_mask_is_no_output_by_default(outputs):
    assert not isdefined(outputs.icv_mask_file)
