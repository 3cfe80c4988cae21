"""Notebook: the viewer shows the scan with its mask, and the slider moves the mask."""

from __future__ import annotations

import gzip
import subprocess
import sys
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

import deskull
from deskull import Result, UsageError, Volume, formats
from deskull.masking import largest_component
from deskull.provenance import Provenance
from deskull.quality.verdict import Quality, Verdict

pytest.importorskip("ipyniivue", reason="needs ipyniivue (deskull[notebook])")


#: Oblique and flipped, with voxels of 4 x 3 x 5 mm.
AFFINE = np.array([[-3.9, 0.4, 0.0, 60.0], [0.6, 2.9, -0.5, -40.0], [0.0, 0.5, 5.0, -70.0], [0.0, 0.0, 0.0, 1.0]])


@pytest.fixture
def result() -> Result:
    """A result whose surface is a ball, with a second, smaller ball beside it."""
    index = np.indices((30, 32, 28))
    scan = Volume((index.sum(0) % 97).astype(np.int16), AFFINE, name="scan.nii")
    balls = [((14, 15, 13), 10.0), ((2, 2, 2), 1.0)]
    distances = [np.sqrt(sum((i - c) ** 2 for i, c in zip(index, centre, strict=True))) - r for centre, r in balls]
    distance = np.clip(np.minimum(*distances), -8, 8).astype(np.float32)
    mask = scan.with_data(largest_component(distance < 0.5).view(np.uint8))
    return Result(scan, lambda: distance, mask, provenance=Provenance("toy", "0" * 64, "brain", 0.5))


@pytest.fixture(scope="module")
def viewer_of_head(tiny_head):
    """The viewer of a scan that it stripped itself."""
    return deskull.view(tiny_head)


def shown(viewer) -> np.ndarray:
    """The voxels of the overlay, in the shape of the scan."""
    return viewer.niivue.volumes[1].img.reshape(viewer.result.scan.shape, order="F")


def image_of(volume) -> nib.Nifti1Image:
    """The image that a volume of NiiVue was loaded from."""
    return nib.Nifti1Image.from_bytes(gzip.decompress(volume.data))


def test_viewer_holds_the_scan_and_the_mask_on_its_grid(result):
    scan, mask = map(image_of, deskull.view(result, opacity=0.3).niivue.volumes)
    np.testing.assert_array_equal(np.asanyarray(scan.dataobj), result.scan.data)
    np.testing.assert_array_equal(np.asanyarray(mask.dataobj), result.mask.data)
    np.testing.assert_allclose(scan.affine, result.scan.affine, atol=1e-4)
    np.testing.assert_array_equal(scan.affine, mask.affine)


@pytest.mark.parametrize("border", [-2.0, 0.0, 1.35, 5.0])
def test_slider_moves_the_overlay_to_the_voxels_nearer_than_the_border(result, border):
    viewer = deskull.view(result)
    viewer.border.value = border
    np.testing.assert_array_equal(shown(viewer), largest_component(result.distance.data < border))
    np.testing.assert_array_equal(viewer.mask.data, shown(viewer))


def test_overlay_at_the_border_of_the_result_is_its_mask(result):
    viewer = deskull.view(result)
    viewer.border.value = 3.0
    viewer.border.value = result.provenance.border
    np.testing.assert_array_equal(shown(viewer), result.mask.data)


def test_browser_that_loads_the_mask_late_gets_that_of_the_slider(result):
    viewer = deskull.view(result)
    viewer.border.value = 2.0
    viewer.niivue.volumes[1].img = result.mask.data.ravel(order="F")  # what a browser reports after it has loaded it
    np.testing.assert_array_equal(shown(viewer), largest_component(result.distance.data < 2.0))


def test_controls_change_opacity_and_outline(result):
    viewer = deskull.view(result, opacity=0.3)
    assert viewer.niivue.overlay_alpha_shader == pytest.approx(0.3)
    viewer.opacity.value, viewer.outline.value = 0.8, False
    assert viewer.niivue.overlay_alpha_shader == pytest.approx(0.8)
    assert viewer.niivue.overlay_outline_width == 0


def test_text_states_verdict_reasons_and_the_volume_that_is_shown(result):
    quality = Quality(Verdict.review, ("Parts of <the brain> are cut off.",), predicted_dice=0.91)
    viewer = deskull.view(replace(result, quality=quality))
    assert "<b>review (Dice about 0.91)</b>" in viewer.text.value
    assert "Parts of &lt;the brain&gt; are cut off." in viewer.text.value
    viewer.border.value = 4.0
    volume = np.count_nonzero(shown(viewer)) * result.scan.voxel_ml
    assert f"volume {volume:,.0f} ml at 4 mm from the brain surface" in viewer.text.value
    assert f"The verdict is that of the mask at {result.provenance.border:g} mm." in viewer.text.value


def test_volume_is_stripped_first(viewer_of_head, tiny_head):
    assert viewer_of_head.result.scan is tiny_head
    assert viewer_of_head.result.quality.predicted_dice is not None
    np.testing.assert_array_equal(shown(viewer_of_head), viewer_of_head.result.mask.data)


def test_given_mask_is_judged_and_moved_from_its_own_edge(viewer_of_head, tmp_path):
    result = viewer_of_head.result
    scan, mask = tmp_path / "scan.nii.gz", tmp_path / "mask.nii.gz"
    formats.write(result.scan, scan)
    formats.write(result.mask, mask)
    viewer = deskull.view((scan, mask))
    np.testing.assert_array_equal(shown(viewer), result.mask.data)
    assert viewer.result.quality.verdict is not Verdict.not_judged
    viewer.border.value = 3.0  # neighbours across a face lie 2 mm from the edge, those across an edge 3.7 mm
    inside = result.mask.data.astype(bool)
    padded = np.pad(inside, 1)
    grown = np.any([np.roll(padded, step, axis) for axis in range(3) for step in (-1, 1)], axis=0)[1:-1, 1:-1, 1:-1]
    np.testing.assert_array_equal(shown(viewer), largest_component(inside | grown))


def test_chosen_frame_of_a_series_is_shown(result):
    series = result.scan.with_data(np.stack([result.scan.data, 2 * result.scan.data], axis=-1), scaled=True)
    viewer = deskull.view(replace(result, scan=series), frame=1)
    np.testing.assert_array_equal(np.asanyarray(image_of(viewer.niivue.volumes[0]).dataobj), 2 * result.scan.data)
    with pytest.raises(UsageError, match=r"frame=2: the scan has frames 0 to 1\."):
        deskull.view(replace(result, scan=series), frame=2)


@pytest.mark.parametrize("arguments", [{"source": ("scan.nii.gz",)}, {"opacity": 1.5}])
def test_wrong_argument_is_refused(result, arguments):
    with pytest.raises(UsageError, match=r"^(source|opacity)"):
        deskull.view(**{"source": result, **arguments})


def test_missing_extra_is_named_with_the_command_that_installs_it(monkeypatch, result):
    monkeypatch.delitem(sys.modules, "deskull.interfaces.mask_viewer", raising=False)
    monkeypatch.setitem(sys.modules, "ipyniivue", None)
    with pytest.raises(UsageError, match=r"ipyniivue: is not installed; pip install .*notebook"):
        deskull.view(result)


def test_name_is_imported_without_the_extra():
    code = "import sys, deskull; deskull.view; sys.exit('ipyniivue' in sys.modules or 'ipywidgets' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
