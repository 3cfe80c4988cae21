"""Pipeline on series: a mask for each frame, or one of the right frames, and the b-values that choose them."""

from __future__ import annotations

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from deskull import PlausibilityWarning, SeriesWarning, Volume, formats, strip
from deskull.evaluation.metrics import score
from deskull.pipeline import Stripper


@pytest.fixture(scope="module")
def series(head):
    """The head in two frames of different brightness."""
    return replace(head, data=np.stack([head.data, head.data // 2 + 40], axis=-1))


def test_series_gets_a_mask_for_each_frame(toy_stripper, series):
    found = toy_stripper.strip(series, frame="each")
    assert found.mask.data.shape == found.brain.data.shape == series.data.shape
    assert score(found.mask.data[..., 0], found.mask.data[..., 1]).dice > 0.97


def test_series_gets_one_mask_from_the_mean_of_its_frames(toy_stripper, series, head):
    found = toy_stripper.strip(series)
    assert found.mask.data.shape == head.data.shape
    assert found.brain.data.shape == series.data.shape


def test_frames_stripped_by_one_thread_and_by_two_give_the_same_bytes(toy_model, toy_stripper, series):
    one = Stripper(toy_model, threads=1).strip(series, frame="each")
    two = toy_stripper.strip(series, frame="each")
    assert one.distance.data.tobytes() == two.distance.data.tobytes()


def test_stages_of_frames_are_timed(toy_stripper, series):
    assert list(toy_stripper.strip(series, frame="each").seconds) == ["read", "conform", "network", "resample", "mask"]


def test_caller_hears_of_every_frame(toy_stripper, series):
    calls = []
    toy_stripper.strip(series, frame="each", on_frame=lambda *numbers: calls.append(numbers))
    assert calls == [(1, 2), (2, 2)]


def test_first_frames_of_a_long_series_are_left_out_of_its_mean(toy_stripper, head):
    noise = np.random.default_rng(0).integers(0, 1000, head.data.shape).astype(head.data.dtype)
    series = replace(head, data=np.stack([noise] * 3 + [head.data] * 7, axis=-1))
    assert toy_stripper.strip(series).mask.data.tobytes() == toy_stripper.strip(head).mask.data.tobytes()


@pytest.fixture
def diffusion(tmp_path, head):
    """File of a series of two frames: noise, and the head."""
    noise = np.random.default_rng(0).integers(0, 1000, head.data.shape).astype(head.data.dtype)
    path = tmp_path / "dwi.nii.gz"
    formats.write(Volume(np.stack([noise, head.data], axis=-1), head.affine), path)
    return path


def test_mask_of_a_diffusion_series_is_that_of_its_frames_without_weighting(toy_stripper, head, diffusion):
    diffusion.with_name("dwi.bval").write_text("1000 0\n")
    assert (toy_stripper.strip(diffusion).mask.data == toy_stripper.strip(head).mask.data).mean() > 0.999


def test_b_values_of_a_given_file_choose_the_frames(toy_stripper, head, diffusion, tmp_path):
    (tmp_path / "elsewhere.bval").write_text("1000 0\n")
    masked = toy_stripper.strip(diffusion, b_values=tmp_path / "elsewhere.bval")
    assert (masked.mask.data == toy_stripper.strip(head).mask.data).mean() > 0.999


def test_b_values_of_a_caller_choose_the_frames_of_a_nibabel_image(toy_stripper, head, diffusion):
    masked = toy_stripper.strip(nib.load(diffusion), b_values=[1000, 0])
    assert (masked.mask.data == toy_stripper.strip(head).mask.data).mean() > 0.999


def test_function_takes_b_values_too(toy_model, head, diffusion):
    masked = strip(nib.load(diffusion), model=toy_model, threads=2, b_values=np.array([1000, 0]))
    assert masked.provenance.averaged_frames == "1"


def test_result_states_which_frames_were_averaged(toy_stripper, head):
    series = replace(head, data=np.stack([head.data] * 12, axis=-1))
    averaged = toy_stripper.strip(series, icv=False).provenance
    assert averaged.averaged_frames == "3-11"
    assert averaged.generated_by()["Parameters"]["averaged_frames"] == "3-11"


@pytest.mark.parametrize("kind", ["3-D scan", "masks of frames"])
def test_no_frames_are_stated_where_none_were_averaged(toy_stripper, head, series, kind):
    source = head if kind == "3-D scan" else series
    assert toy_stripper.strip(source, frame="each").provenance.averaged_frames == ""


@pytest.mark.filterwarnings("ignore::deskull.PlausibilityWarning")
def test_b_values_that_do_not_fit_the_series_are_ignored_with_a_warning(toy_stripper, diffusion):
    diffusion.with_name("dwi.bval").write_text("1000 0 0\n")
    with pytest.warns(SeriesWarning, match=r"dwi\.bval: holds 3 b-values for 2 frames; the mask is made from the mean"):
        toy_stripper.strip(diffusion)


def test_blank_frame_gets_an_empty_mask_and_a_warning(toy_stripper, head):
    series = replace(head, data=np.stack([head.data, np.zeros_like(head.data)], axis=-1))
    with pytest.warns(PlausibilityWarning, match="frame 1: a brain volume of 0 ml"):
        found = toy_stripper.strip(series, frame="each")
    assert found.mask.data[..., 0].any()
    assert not found.mask.data[..., 1].any()
