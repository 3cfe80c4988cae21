"""The module of 3D Slicer, on a stub: what it puts into the scene is what the command line writes."""

from __future__ import annotations

import threading
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from typer.testing import CliRunner

from deskull import Volume, formats
from deskull.cli import app
from deskull.masking import largest_component
from tests.slicer.conftest import add_volume, matrix_of


def oblique_and_flipped(head: Volume) -> Volume:
    """The head on axes that run to P, L and S, tilted by 12 and 8 degrees."""
    data, affine = head.data, head.affine
    shape = np.array(data.shape)
    swap = np.array([[0, 1, 0, 0], [-1, 0, 0, shape[0] - 1], [0, 0, 1, 0], [0, 0, 0, 1]], float)
    a, b = np.deg2rad([12, 8])
    tilt = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    tilt = tilt @ np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    rotation = np.eye(4)
    rotation[:3, :3] = tilt
    turned = np.ascontiguousarray(np.transpose(data[::-1], (1, 0, 2)))
    return Volume(turned, rotation @ affine @ swap)


def strip_on_command_line(scan: Path, *options: str) -> nib.Nifti1Image:
    """Strip a scan with the small network; returns the mask that was written."""
    mask = scan.parent / "mask.nii.gz"
    arguments = ["strip", str(scan), "-m", str(mask), "--mask-only", "--model", "small", *options]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return nib.load(mask)


def assert_same_voxels(slicer, segmentation, segment: str, written: nib.Nifti1Image) -> None:
    """Fail unless a segment holds the voxels of a mask file, at the same places in the world."""
    found = segmentation.GetSegmentation().GetSegment(segment)
    np.testing.assert_array_equal(found.voxels.T, np.asanyarray(written.dataobj))
    affine = slicer.util.arrayFromVTKMatrix(found.ijk_to_ras)
    inside = np.argwhere(found.voxels.T)
    here, there = (nib.affines.apply_affine(matrix, inside) for matrix in (affine, written.affine))
    np.testing.assert_allclose(here, there, atol=1e-2)


@pytest.fixture
def scan(tiny_head, tmp_path) -> Path:
    """A file of an oblique, flipped head."""
    path = tmp_path / "head.nii.gz"
    formats.write(oblique_and_flipped(tiny_head), path)
    return path


def test_segments_of_an_oblique_scan_are_the_masks_of_the_command_line(slicer, load, scan):
    from Deskull import DeskullLogic

    node = load(scan)
    shown = DeskullLogic().process(node, model="small", border=1.0, icv=True)
    assert_same_voxels(slicer, shown.segmentation, shown.segment, strip_on_command_line(scan, "--border", "1"))
    icv = strip_on_command_line(scan, "--surface", "intracranial", "--overwrite")
    assert_same_voxels(slicer, shown.intracranial, "intracranial", icv)


def test_segment_of_a_real_scan_is_the_mask_of_the_command_line(slicer, load, data, tmp_path):
    from Deskull import DeskullLogic

    scan = tmp_path / "t1.nii.gz"
    scan.write_bytes((data / "unlabelled" / "siemens_xa30_T1_2mm.nii.gz").read_bytes())
    shown = DeskullLogic().process(load(scan), model="small")
    assert_same_voxels(slicer, shown.segmentation, shown.segment, strip_on_command_line(scan))


def test_slicer_answers_while_a_thread_works(slicer):
    from DeskullLib.stripping import in_background

    ticks, release = [], threading.Event()

    def tick(seconds: float) -> None:
        ticks.append(seconds)
        if len(ticks) == 3:
            release.set()

    def work() -> str:
        assert release.wait(60)
        return threading.current_thread().name

    assert in_background(work, tick) != threading.current_thread().name
    assert slicer.app.n_answers >= 3
    assert ticks == sorted(ticks)


def test_error_of_the_thread_is_raised(slicer):
    from DeskullLib.stripping import in_background

    def work() -> None:
        raise ValueError("no brain")

    with pytest.raises(ValueError, match="no brain"):
        in_background(work, lambda seconds: None)


def test_scan_is_a_copy_in_the_order_of_nifti(slicer):
    from DeskullLib.volumes import scan_of

    voxels = np.arange(20 * 24 * 28, dtype=np.int16).reshape(20, 24, 28)
    affine = np.array([[-2.0, 0, 0, 5], [0, 0, 3, -7], [0, 2.5, 0, 9], [0, 0, 0, 1]])
    node = add_volume(slicer, "T1", voxels, affine)
    scan = scan_of(node)
    assert scan.shape == (28, 24, 20)
    assert scan.data[3, 2, 1] == voxels[1, 2, 3]
    np.testing.assert_array_equal(scan.affine, affine)
    node.image[:] = 0
    assert scan.data.any()


@pytest.mark.parametrize(("shape", "reason"), [(None, "no volume to strip"), ((9, 9, 9, 3), "several values")])
def test_volume_that_is_no_grey_image_is_refused(slicer, shape, reason):
    from DeskullLib.errors import ModuleError
    from DeskullLib.volumes import scan_of

    node = None if shape is None else add_volume(slicer, "photo", np.zeros(shape), np.eye(4))
    with pytest.raises(ModuleError, match=reason):
        scan_of(node)


class TestResultInTheScene:
    """What is added for a result, and what becomes of it."""

    @pytest.fixture
    def volume(self, slicer):
        """A volume beneath a transform, with a matrix that mirrors and tilts."""
        affine = np.array([[-1.9, 0.3, 0, 30], [0.3, 1.9, 0, -20], [0, 0, -2.5, 40], [0, 0, 0, 1]])
        node = add_volume(slicer, "T1", np.ones((26, 28, 30), np.int16), affine)
        node.SetAndObserveTransformNodeID("vtkMRMLTransformNode1")
        return node

    @pytest.fixture
    def shown(self, volume):
        """A result whose surface is a ball off the centre, added to the scene."""
        from deskull import Result
        from deskull.provenance import Provenance
        from DeskullLib.results import add_to_scene
        from DeskullLib.volumes import scan_of

        scan = scan_of(volume)
        centre = np.array([12, 15, 11])[:, None, None, None]
        distance = np.sqrt(((np.indices(scan.shape) - centre) ** 2).sum(0)).astype(np.float32) - np.float32(8)
        mask = scan.with_data((distance < 0.5).view(np.uint8))
        made = Provenance("toy", "0" * 64, "brain", 0.5)
        return add_to_scene(Result(scan, lambda: distance.clip(-6, 6), mask, provenance=made), volume)

    def test_distance_volume_has_the_geometry_and_transform_of_the_scan(self, slicer, volume, shown):
        np.testing.assert_array_equal(shown.distance.image.T, shown.result.distance.data)
        np.testing.assert_array_equal(matrix_of(slicer, shown.distance), matrix_of(slicer, volume))
        assert {shown.distance.GetTransformNodeID(), shown.segmentation.GetTransformNodeID()} == {
            "vtkMRMLTransformNode1"
        }
        assert shown.segmentation.reference is volume

    @pytest.mark.parametrize("border", [-2.0, 0.5, 3.0])
    def test_border_moves_the_segment_to_the_voxels_that_are_nearer(self, shown, border):
        text = shown.move_border(border)
        voxels = shown.segmentation.GetSegmentation().GetSegment(shown.segment).voxels
        np.testing.assert_array_equal(voxels.T, largest_component(shown.result.distance.data < border))
        assert f"volume {voxels.sum() * shown.result.scan.voxel_ml:,.0f} ml at {border:g} mm" in text

    def test_second_result_gets_nodes_of_its_own(self, volume, shown):
        from DeskullLib.results import add_to_scene

        again = add_to_scene(shown.result, volume)
        names = {shown.segmentation.GetName(), again.segmentation.GetName(), again.distance.GetName()}
        assert names == {"T1 brain", "T1 brain_1", "T1 distance_1"}

    @pytest.mark.parametrize("removed", ["volume", "segmentation", "segment"])
    def test_border_of_a_removed_result_is_not_moved(self, slicer, shown, removed):
        from DeskullLib.errors import ModuleError

        if removed == "segment":
            shown.segmentation.GetSegmentation().RemoveSegment(shown.segment)
        else:
            slicer.mrmlScene.RemoveNode(getattr(shown, removed))
        with pytest.raises(ModuleError, match="strip the volume again"):
            shown.move_border(1.0)

    def test_volume_that_was_removed_meanwhile_gets_no_nodes(self, slicer, volume, shown):
        from DeskullLib.errors import ModuleError
        from DeskullLib.results import add_to_scene

        slicer.mrmlScene.RemoveNode(volume)
        n_nodes = len(slicer.mrmlScene.nodes)
        with pytest.raises(ModuleError, match="removed from the scene"):
            add_to_scene(shown.result, volume)
        assert len(slicer.mrmlScene.nodes) == n_nodes
