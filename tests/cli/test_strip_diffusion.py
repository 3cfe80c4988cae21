"""``deskull strip`` of diffusion series: which frames are averaged, and who says so."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deskull import Volume, formats


@pytest.fixture
def series(tmp_path, tiny_head):
    """File of a series of three frames; only that in the middle shows the head."""
    noise = np.random.default_rng(0).integers(0, 1000, tiny_head.data.shape).astype(tiny_head.data.dtype)
    path = tmp_path / "data.nii.gz"
    formats.write(Volume(np.stack([noise, tiny_head.data, noise], axis=-1), tiny_head.affine), path)
    return path


@pytest.fixture
def b_values(tmp_path):
    """File of the b-values of the series, in another folder."""
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "b.txt"
    path.write_text("1000 0 1000\n")
    return path


def test_given_b_values_choose_the_frames_and_json_and_sidecar_name_them(strip, series, b_values):
    done = strip(series, "--bval", b_values, "--mask-only", "--sidecar", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["averaged_frames"] == "1"
    (made,) = json.loads(series.with_name("data_brainmask.json").read_text())["GeneratedBy"]
    assert made["Parameters"]["averaged_frames"] == "1"
    assert made["Input"]["others"][0]["name"] == "b.txt"


def test_b_values_of_the_folder_are_found(strip, series):
    series.with_name("bvals").write_text("1000 0 1000\n")
    assert json.loads(strip(series, "--json").stdout)["averaged_frames"] == "1"


def test_missing_file_of_b_values_is_one_sentence_and_nothing_is_done(strip, series, tmp_path):
    done = strip(series, "--bval", tmp_path / "none.bval")
    assert (done.exit_code, done.stderr) == (
        2,
        f"error: --bval: {tmp_path / 'none.bval'}: no such file; check the path.\n",
    )
    assert list(tmp_path.glob("data_*")) == []


def test_given_b_values_that_do_not_fit_are_refused_and_nothing_is_written(strip, series, b_values):
    b_values.write_text("1000 0\n")
    done = strip(series, "--bval", b_values)
    fault = "holds 2 b-values for 3 frames; correct the file, or name that of the series."
    assert (done.exit_code, done.stderr) == (1, f"error: {series}: {b_values}: {fault}\n")
    assert list(series.parent.glob("data_*")) == []


def test_b_values_for_several_scans_are_refused(strip, series, scan, b_values):
    done = strip(series, scan, "--bval", b_values)
    assert done.exit_code == 2
    fault = "applies to one series, but there are 2 scans; name one of them."
    assert done.stderr == f"error: --bval {b_values}: {fault}\n"


@pytest.fixture
def sidecar(strip, series, b_values):
    """Sidecar of a mask that was made with given b-values."""
    assert strip(series, "--bval", b_values, "--mask-only", "--sidecar").exit_code == 0
    return series.with_name("data_brainmask.json")


def test_rerun_with_the_b_values_reproduces_the_mask(deskull, sidecar, b_values):
    done = deskull("rerun", sidecar, "--bval", b_values)
    assert done.exit_code == 0, done.output
    assert "identical" in done.stdout


@pytest.mark.filterwarnings("ignore::deskull.PlausibilityWarning")
def test_rerun_without_the_b_values_says_which_file_is_missing(deskull, sidecar):
    done = deskull("rerun", sidecar)
    assert done.exit_code == 1
    assert "the files that belong to it are others than before (b.txt)" in done.stderr


def test_rerun_with_b_values_that_are_missing_is_one_sentence(deskull, sidecar, tmp_path):
    done = deskull("rerun", sidecar, "--bval", tmp_path / "none.bval")
    assert (done.exit_code, done.stderr) == (1, f"error: {tmp_path / 'none.bval'}: no such file; check the path.\n")
