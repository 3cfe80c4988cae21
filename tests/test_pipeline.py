"""Pipeline: on a synthetic head, on awkward headers and on unusable scans."""

from __future__ import annotations

import gzip
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from deskull import (
    InputError,
    IntensityWarning,
    UsageError,
    Volume,
    formats,
    from_array,
    strip,
)
from deskull.evaluation.metrics import score
from deskull.pipeline import Stripper, as_volume
from deskull.preprocessing.grid import resample
from deskull.system.resources import usable_cores
from deskull.volume import corners
from tests.formats.headers import MAKERS, raw_image
from tests.formats.test_nifti import assert_same_geometry


@pytest.fixture(scope="module")
def small():
    """The small network, loaded once."""
    return Stripper("small", threads=2)


@pytest.fixture(scope="module")
def result(small, head):
    return small.strip(head)


@pytest.fixture(scope="module")
def toy_result(toy_stripper, head):
    return toy_stripper.strip(head)


def test_head_gives_a_brain_of_usual_volume(result):
    assert 1000 < result.volume_ml < 2000


def test_mask_is_where_the_distance_is_below_the_border(toy_result):
    np.testing.assert_array_equal(toy_result.mask.data, toy_result.distance.data < 0)
    assert toy_result.mask.data.dtype == np.uint8


def test_brain_keeps_the_type_and_voxels_of_the_scan(toy_result, head):
    assert toy_result.brain.data.dtype == head.data.dtype
    np.testing.assert_array_equal(toy_result.brain.data, np.where(toy_result.mask.data, head.data, 0))


def test_every_stage_is_timed(toy_result):
    assert list(toy_result.seconds) == ["read", "conform", "network", "resample", "quality", "mask"]


def test_same_scan_gives_the_same_bytes(toy_stripper, head, toy_result):
    assert toy_stripper.strip(head).distance.data.tobytes() == toy_result.distance.data.tobytes()


@pytest.mark.parametrize("degrees", [0, 11])
def test_one_thread_and_two_give_the_same_bytes(toy_model, toy_stripper, head, degrees):
    angle = np.deg2rad(degrees)
    rotation = np.eye(4)
    rotation[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    rotated = replace(head, affine=rotation @ head.affine)
    one = Stripper(toy_model, threads=1).strip(rotated)
    assert one.distance.data.tobytes() == toy_stripper.strip(rotated).distance.data.tobytes()


def test_scan_is_not_changed(toy_stripper, head):
    before = head.data.copy()
    toy_stripper.strip(head)
    np.testing.assert_array_equal(head.data, before)


def test_wider_border_gives_a_larger_mask(toy_stripper, head, toy_result):
    wide, tight = toy_stripper.strip(head, border=0.4), toy_stripper.strip(head, border=-0.4)
    assert tight.volume_ml < toy_result.volume_ml < wide.volume_ml


def test_mask_without_a_border_ends_at_that_of_the_card(small, head, result):
    border = small.model.default_border("brain")
    assert border > 0
    np.testing.assert_array_equal(result.mask.data, small.strip(head, border=border).mask.data)


def test_intracranial_surface_is_outside_the_brain(small, head, result):
    intracranial = small.strip(head, surface="intracranial")
    assert intracranial.volume_ml > result.volume_ml
    assert (intracranial.mask.data >= result.mask.data).mean() > 0.995


@pytest.mark.parametrize("axes", [(2, 0, 1), (1, 2, 0)])
def test_order_and_direction_of_stored_axes_do_not_matter(toy_stripper, head, toy_result, axes):
    order = np.eye(4)[:, [*axes, 3]]
    permuted = Volume(np.transpose(head.data, axes)[::-1], head.affine @ order @ _flip(head.data.shape[axes[0]]))
    mask = toy_stripper.strip(permuted).mask.data[::-1]
    assert score(mask, np.transpose(toy_result.mask.data, axes)).dice > 0.999


def _flip(size):
    flip = np.diag([-1.0, 1, 1, 1])
    flip[0, 3] = size - 1
    return flip


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", MAKERS)
def test_results_keep_awkward_headers(tmp_path, toy_stripper, tiny_head, name):
    scan = tmp_path / "scan.nii.gz"
    scan.write_bytes(gzip.compress(raw_image(MAKERS[name](tiny_head.data, tiny_head.affine)), 1))
    result = toy_stripper.strip(scan)
    for kind, volume in (("mask", result.mask), ("brain", result.brain), ("distance", result.distance)):
        formats.write(volume, tmp_path / f"{kind}.nii.gz")
        assert_same_geometry(scan, tmp_path / f"{kind}.nii.gz")
    original, brain = (np.asarray(nib.load(tmp_path / f"{n}.nii.gz").dataobj) for n in ("scan", "brain"))
    inside = np.asarray(nib.load(tmp_path / "mask.nii.gz").dataobj) > 0
    np.testing.assert_array_equal(brain[inside], original[inside])
    assert not brain[~inside].any()


@pytest.mark.parametrize("kind", ["nibabel image", "path", "text"])
def test_nibabel_image_and_path_give_the_mask_of_the_volume(tmp_path, toy_stripper, head, toy_result, kind):
    image = nib.Nifti1Image(head.data, head.affine)
    path = tmp_path / "head.nii"
    nib.save(image, path)
    source = {"nibabel image": image, "path": path, "text": str(path)}[kind]
    assert score(toy_stripper.strip(source).mask.data, toy_result.mask.data).dice > 0.9999


def padded_at_the_vertex(head, value):
    """The head cut through the brain, alone and with the planes above filled with a value."""
    n_kept = head.shape[2] - 45
    cut = replace(head, data=head.data[:, :, :n_kept])
    return cut, replace(head, data=np.where(np.arange(head.shape[2]) < n_kept, head.data, head.data.dtype.type(value)))


@pytest.mark.parametrize("value", [0, 300, -1024])
def test_padding_changes_nothing_in_the_scan_and_holds_no_mask(toy_stripper, head, value):
    cut, padded = padded_at_the_vertex(head, value)
    expected, found = toy_stripper.strip(cut), toy_stripper.strip(padded)
    n_kept = cut.shape[2]
    assert found.distance.data[:, :, :n_kept].tobytes() == expected.distance.data.tobytes()
    assert (found.distance.data[:, :, n_kept:] == toy_stripper.model.band).all()


def test_network_that_continues_the_brain_beyond_a_cut_has_no_mask_in_the_padding(small, head):
    cut, padded = padded_at_the_vertex(head, 0)
    mask = small.strip(padded).mask.data
    np.testing.assert_array_equal(mask[:, :, : cut.shape[2]], small.strip(cut).mask.data)
    assert mask[:, :, cut.shape[2] - 1].any()
    assert not mask[:, :, cut.shape[2] :].any()


def test_network_that_continues_the_brain_into_an_empty_wedge_has_little_mask_there(small, head):
    cut, _ = padded_at_the_vertex(head, 0)
    nodded = rotation_about_x(15) @ head.affine
    outer = corners(head.shape, nodded)
    grid = np.diag([3.0, 3.0, 3.0, 1.0])
    grid[:3, 3] = outer.min(axis=0)
    filled = resample(Volume(cut.values(), nodded), tuple(np.ceil(np.ptp(outer, axis=0) / 3).astype(int)), grid)
    scan = Volume(filled.data * filled.field_of_view, grid)
    mask = small.strip(scan).mask.data > 0
    assert mask.sum() * scan.voxel_ml > 500
    assert mask[~filled.field_of_view].sum() * scan.voxel_ml < 10


def rotation_about_x(degrees):
    angle = np.deg2rad(degrees)
    rotation = np.eye(4)
    rotation[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return rotation


def test_missing_slice_holds_no_mask_and_its_neighbours_keep_theirs(toy_stripper, head, toy_result):
    middle = int(np.median(np.flatnonzero(toy_result.mask.data.any(axis=(0, 1)))))
    data = head.data.copy()
    data[:, :, middle] = 0
    mask = toy_stripper.strip(replace(head, data=data)).mask.data
    assert not mask[:, :, middle].any()
    others = np.arange(head.shape[2]) != middle
    assert score(mask[..., others], toy_result.mask.data[..., others]).dice > 0.99


def test_each_frame_of_a_series_leaves_out_its_own_padding(toy_stripper, head):
    cut, padded = padded_at_the_vertex(head, 0)
    series = replace(head, data=np.stack([head.data, padded.data], axis=-1))
    distance = toy_stripper.strip(series, frame="each").distance.data[:, :, cut.shape[2] :]
    far = toy_stripper.model.band
    assert (distance[..., 0] < far).any()
    assert (distance[..., 1] == far).all()


def test_bias_correction_makes_the_brain_more_uniform(toy_result):
    pytest.importorskip("SimpleITK", reason="needs SimpleITK (deskull[n4])")
    corrected = toy_result.bias_corrected()
    inside = toy_result.mask.data > 0
    assert corrected.data.dtype == np.float32
    assert not corrected.data[~inside].any()
    before, after = toy_result.scan.data[inside].astype(float), corrected.data[inside]
    assert after.std() / after.mean() < before.std() / before.mean()


def test_voxels_that_are_not_finite_are_background_with_a_warning(toy_stripper, head, toy_result):
    data = head.data.astype(np.float32)
    data[:4] = np.nan
    data[0, 0, 0] = np.inf
    with pytest.warns(IntensityWarning, match="% of the voxels are NaN or infinite"):
        found = toy_stripper.strip(replace(head, data=data))
    assert score(found.mask.data, toy_result.mask.data).dice > 0.95


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (np.full((40, 40, 40), np.nan, np.float32), "all are NaN"),
        (np.zeros((40, 40, 40), np.int16), "same value"),
        (np.full((40, 40, 40), 7.5, np.float32), "same value"),
    ],
)
def test_scan_without_contrast_is_refused(toy_stripper, data, fault):
    with pytest.raises(InputError, match=fault):
        toy_stripper.strip(Volume(data, np.diag([4.0, 4.0, 4.0, 1.0])))


def test_scan_without_a_brain_is_refused(toy_stripper):
    data = np.zeros((60, 60, 60), np.int16)
    data[29:31, 29:31, 28:31] = 1000
    with pytest.raises(InputError, match="no brain found"):
        toy_stripper.strip(Volume(data, np.diag([3.0, 3.0, 3.0, 1.0])))


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"border": 50}, "border=50: must lie within 10 mm"),
        ({"border": float("nan")}, "border=nan: must lie within"),
        ({"surface": "skin"}, "surface='skin': unknown to this network; choose brain or intracranial"),
        ({"frame": "last"}, "frame='last': unknown; choose mean or each"),
    ],
)
def test_option_out_of_range_is_refused_by_its_name(toy_stripper, head, options, fault):
    with pytest.raises(UsageError, match=fault) as caught:
        toy_stripper.strip(head, **options)
    assert caught.value.parameter == next(iter(options))


def test_second_mask_of_the_intracranial_surface_is_refused(toy_stripper, head):
    with pytest.raises(
        UsageError, match="outputs='icvmask': the mask of surface='intracranial' is the intracranial one"
    ):
        toy_stripper.strip(head, surface="intracranial", icv=True)


def test_border_for_a_network_without_distances_is_refused(tmp_path, head):
    toy = pytest.importorskip("tests.models.toy", reason="needs onnx (deskull[train])")
    stripper = Stripper(toy.write_model(tmp_path, toy.threshold_network(), distances=False), threads=1)
    with pytest.raises(UsageError, match=r"border=1: must be 0, because toy\.onnx predicts no distances"):
        stripper.strip(head, border=1.0)


def test_number_of_threads_is_at_most_that_of_the_cores(toy_model):
    assert Stripper(toy_model, threads=256).threads == usable_cores()


def test_header_in_metres_is_refused(toy_stripper, head):
    with pytest.raises(InputError, match="were metres taken for millimetres"):
        toy_stripper.strip(replace(head, affine=np.diag([0.001, 0.001, 0.001, 1.0]) @ head.affine))


def test_tiny_values_give_the_same_mask(toy_stripper, head, toy_result):
    tiny = replace(head, data=head.data.astype(np.float32) * 1e-12)
    assert score(toy_stripper.strip(tiny).mask.data, toy_result.mask.data).dice > 0.999


@pytest.mark.parametrize("source", [42, None, [[1.0]], {"data": 1}])
def test_object_that_is_not_a_scan_is_refused(source):
    with pytest.raises(InputError, match="not a scan; give a path, a nibabel image or a Volume"):
        as_volume(source)


def test_function_strip_gives_the_result_of_the_class(toy_model, head, toy_result):
    found = strip(head, model=toy_model, threads=2)
    np.testing.assert_array_equal(found.mask.data, toy_result.mask.data)


@pytest.mark.parametrize("function", [strip, Stripper, Stripper.strip])
def test_docstring_describes_the_options(function):
    assert "%(" not in function.__doc__
    assert "Maximum number of threads" in (function.__doc__ + strip.__doc__)


def test_result_tells_the_settings_and_the_warnings_of_its_scan(toy_stripper, tiny_head):
    data = tiny_head.data.astype(np.float32)
    data[0, 0, 0] = np.nan
    with pytest.warns(IntensityWarning, match="NaN"):
        result = toy_stripper.strip(replace(tiny_head, data=data), surface="brain", border=0.0)
    assert "are NaN or infinite" in result.warnings[0]
    assert (result.provenance.surface, result.provenance.border) == ("brain", 0.0)
    assert toy_stripper.strip(tiny_head, border=0.0).warnings == tuple(result.warnings[1:])


def test_array_that_is_no_scan_is_refused_when_a_volume_is_made_of_it():
    with pytest.raises(InputError, match="has shape"):
        from_array(np.ones((8, 8, 8)), np.eye(3))
    assert from_array(np.ones((32, 32, 32)), np.diag([4.0, 4.0, 4.0, 1.0])).shape == (32, 32, 32)
