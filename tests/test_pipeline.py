"""Strip: the pipeline on a synthetic head, on awkward headers, and on real scans."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from deskull import InputError, UsageError, Volume, formats
from deskull.evaluation.metrics import score
from deskull.pipeline import Stripper
from tests.formats.headers import MAKERS, raw_image
from tests.formats.test_nifti import assert_same_geometry


@pytest.fixture(scope="module")
def result(stripper, head):
    return stripper.strip(head)


def test_a_head_gives_a_brain(result, head):
    assert 1000 < result.volume_ml < 2000
    assert result.mask.data.shape == result.distance.data.shape == head.data.shape
    assert result.mask.data.dtype == np.uint8
    np.testing.assert_array_equal(result.mask.data, result.distance.data < 0)
    np.testing.assert_array_equal(result.brain.data, np.where(result.mask.data, head.data, 0))
    assert result.brain.data.dtype == head.data.dtype
    assert set(result.seconds) == {"read", "conform", "network", "back", "mask"}


def test_same_input_same_bytes(stripper, head, result):
    np.testing.assert_array_equal(stripper.strip(head).distance.data, result.distance.data)


@pytest.mark.parametrize("degrees", [0, 11])
def test_one_thread_and_two_give_the_same_bytes(stripper, head, degrees):
    angle = np.deg2rad(degrees)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    tilted = replace(head, affine=turn @ head.affine)
    one = Stripper(threads=1).strip(tilted)
    assert one.distance.data.tobytes() == stripper.strip(tilted).distance.data.tobytes()


def test_the_input_is_untouched(stripper, head):
    before = head.data.copy()
    stripper.strip(head)
    np.testing.assert_array_equal(head.data, before)


def test_border_moves_the_mask(stripper, head, result):
    wide, tight = stripper.strip(head, border=2.0), stripper.strip(head, border=-2.0)
    assert tight.volume_ml < result.volume_ml < wide.volume_ml


def test_the_intracranial_surface_is_outside_the_brain(stripper, head, result):
    intracranial = stripper.strip(head, surface="intracranial")
    assert intracranial.volume_ml > result.volume_ml
    assert (intracranial.mask.data >= result.mask.data).mean() > 0.995


@pytest.mark.parametrize("axes", [(2, 0, 1), (1, 2, 0)])
def test_stored_axes_do_not_matter(stripper, head, result, axes):
    order = np.eye(4)[:, [*axes, 3]]
    turned = Volume(np.transpose(head.data, axes)[::-1], head.affine @ order @ _flip(head.data.shape[axes[0]]))
    mask = stripper.strip(turned).mask.data[::-1]
    expected = np.transpose(result.mask.data, axes)
    assert score(mask, expected).dice > 0.999


def _flip(size):
    flip = np.diag([-1.0, 1, 1, 1])
    flip[0, 3] = size - 1
    return flip


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", MAKERS)
def test_outputs_keep_awkward_headers(tmp_path, stripper, head, name):
    scan = tmp_path / "scan.nii.gz"
    scan.write_bytes(gzip.compress(raw_image(MAKERS[name](head.data, head.affine))))
    result = stripper.strip(scan)
    for kind, volume in (("mask", result.mask), ("brain", result.brain), ("distance", result.distance)):
        formats.write(volume, tmp_path / f"{kind}.nii.gz")
        assert_same_geometry(scan, tmp_path / f"{kind}.nii.gz")
    original, brain = (np.asarray(nib.load(tmp_path / f"{n}.nii.gz").dataobj) for n in ("scan", "brain"))
    inside = np.asarray(nib.load(tmp_path / "mask.nii.gz").dataobj) > 0
    np.testing.assert_array_equal(brain[inside], original[inside])
    assert not brain[~inside].any()


def test_a_series_gets_a_mask_of_each_frame_or_of_the_mean(stripper, head):
    series = replace(head, data=np.stack([head.data, head.data // 2 + 40], axis=-1))
    each = stripper.strip(series)
    assert each.mask.data.shape == series.data.shape
    assert each.brain.data.shape == series.data.shape
    assert score(each.mask.data[..., 0], each.mask.data[..., 1]).dice > 0.98
    mean = stripper.strip(series, frame="mean")
    assert mean.mask.data.shape == head.data.shape
    assert mean.brain.data.shape == series.data.shape
    assert mean.volume_ml == pytest.approx(each.volume_ml, rel=0.03)


def test_nibabel_images_and_paths_give_the_same(tmp_path, stripper, head, result):
    image = nib.Nifti1Image(head.data, head.affine)
    nib.save(image, tmp_path / "head.nii.gz")
    for source in (image, tmp_path / "head.nii.gz", str(tmp_path / "head.nii.gz")):
        assert score(stripper.strip(source).mask.data, result.mask.data).dice > 0.9999


def test_bias_correction_flattens_the_brain(result):
    corrected = result.bias_corrected()
    inside = result.mask.data > 0
    assert corrected.data.dtype == np.float32
    assert not corrected.data[~inside].any()
    before, after = result.scan.data[inside].astype(float), corrected.data[inside]
    assert after.std() / after.mean() < before.std() / before.mean()


def test_some_nan_is_background_with_a_warning(stripper, head, result):
    data = head.data.astype(np.float32)
    data[:4] = np.nan
    data[0, 0, 0] = np.inf
    with pytest.warns(UserWarning, match="NaN"):
        found = stripper.strip(replace(head, data=data))
    assert score(found.mask.data, result.mask.data).dice > 0.98


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (np.full((40, 40, 40), np.nan, np.float32), "all NaN"),
        (np.zeros((40, 40, 40), np.int16), "same value"),
        (np.full((40, 40, 40), 7.5, np.float32), "same value"),
    ],
)
def test_scans_with_nothing_in_them(stripper, data, fault):
    with pytest.raises(InputError, match=fault):
        stripper.strip(Volume(data, np.diag([4.0, 4.0, 4.0, 1.0])))


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"border": 50}, "must lie within"),
        ({"border": float("nan")}, "must lie within"),
        ({"surface": "skin"}, "choose brain or intracranial"),
        ({"frame": "last"}, "unknown; choose each or mean"),
    ],
)
def test_wrong_options(stripper, head, options, fault):
    with pytest.raises(UsageError, match=fault):
        stripper.strip(head, **options)


def test_a_blank_frame_gets_an_empty_mask_and_a_warning(stripper, head):
    series = replace(head, data=np.stack([head.data, np.zeros_like(head.data)], axis=-1))
    with pytest.warns(UserWarning, match="frame 1: 0 ml"):
        found = stripper.strip(series)
    assert found.mask.data[..., 0].any()
    assert not found.mask.data[..., 1].any()


def test_a_header_in_metres(stripper, head):
    with pytest.raises(InputError, match="too small for a head"):
        stripper.strip(replace(head, affine=head.affine * 0.001))


def test_a_map_of_tiny_values(stripper, head, result):
    tiny = replace(head, data=head.data.astype(np.float32) * 1e-12)
    assert score(stripper.strip(tiny).mask.data, result.mask.data).dice > 0.999


def test_what_is_no_scan(stripper):
    with pytest.raises(InputError, match="not a scan"):
        stripper.strip(42)


def test_validation_scans(data, stripper):
    """Real scans no training saw; the floor is well under what the card states."""
    with (data / "labelled" / "cases.csv").open() as file:
        cases = [row for row in csv.DictReader(file) if row["split"] == "validation"]
    assert len(cases) >= 8
    dice = {}
    for case in (row["case"] for row in cases):
        result = stripper.strip(data / "labelled" / f"{case}.nii.gz")
        reference = formats.read(data / "labelled" / f"{case}_mask.nii.gz")
        both = (result.mask.data & (reference.data > 0)).sum()
        dice[case] = 2 * both / (result.mask.data.sum() + (reference.data > 0).sum())
    assert np.median(list(dice.values())) > 0.945, dice
    assert min(dice.values()) > 0.93, dice


@pytest.mark.parametrize("case", ["siemens_decubitus_T1_HFP", "dwi_misc_ge_abcd_b0", "ct_ge_CT", "uih_sub1_b0"])
def test_unusual_scans_give_plausible_brains(data, stripper, case):
    result = stripper.strip(data / "unlabelled" / f"{case}.nii.gz")
    assert 500 < result.volume_ml < 2200
