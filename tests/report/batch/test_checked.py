"""Report of checked masks: the page of a batch, with what the check says of each mask and both contours."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from deskull.checking.pairs import Pair
from deskull.report.batch.checked import CheckedReport
from deskull.report.drawing import CONTOUR, REFERENCE_CONTOUR
from tests.checking.examples import make_checked


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The report of a good mask, a bad one, and one on another grid; a file beside the good one says that it fails."""
    masks = tmp_path_factory.mktemp("masks")
    good, bad = make_checked(masks, is_good=True, name="good"), make_checked(masks, name="bad")
    (masks / "good_mask_quality.json").write_text(json.dumps({"quality": {"verdict": "fail"}}))
    with CheckedReport() as report:
        report.add(good)
        report.add(bad)
        report.add_failure(Pair(good.pair.scan, masks / "none.nii.gz"), f"{masks / 'none.nii.gz'}: no such file.")
        report.write(masks.parent / "report", overwrite=False)
    return masks.parent / "report"


def rows(folder) -> dict[str, list]:
    """Cells of the rows by name, in the order of the page."""
    script = (folder / "data" / "rows.js").read_text()
    content = json.loads(re.search(r"= (.*);\n", script)[1])
    return {row[1]: [*row[:-1], [content["texts"][text] for text in row[-1]]] for row in content["rows"]}


def test_worst_mask_comes_first_and_a_good_one_last(folder):
    assert list(rows(folder)) == ["none.nii.gz", "bad_mask.nii.gz", "good_mask.nii.gz"]


def test_verdict_and_reasons_are_those_of_the_check(folder):
    found = rows(folder)
    assert [found[name][2] for name in ("bad_mask.nii.gz", "good_mask.nii.gz")] == ["review", "pass"]
    assert "lower front left" in found["bad_mask.nii.gz"][-1][0]


def test_error_is_shown_without_paths(folder):
    assert rows(folder)["none.nii.gz"][-1][0] == "no such file."


def test_both_contours_are_drawn(folder):
    picture = Image.open(io.BytesIO((folder / "slices" / f"{rows(folder)['bad_mask.nii.gz'][0]:05}.png").read_bytes()))
    pixels = np.asarray(picture.convert("RGBA"))
    for colour in (CONTOUR, REFERENCE_CONTOUR):
        assert ((pixels[..., :3] == colour).all(axis=-1) & (pixels[..., 3] > 128)).sum() > 300


def test_slices_show_the_place_that_differs_most(folder):
    details = (folder / "data" / f"{rows(folder)['bad_mask.nii.gz'][0]:05}.js").read_text()
    (axial,) = re.findall(r'\["axial",([^\]]*)\]', details)
    assert min(abs(int(position) - 25) for position in axial.split(",")) <= 4  # the centre of the missing part
    assert min(abs(int(position) + 40) for position in axial.split(",")) <= 4  # that of the extra part


def test_page_says_what_the_colours_mean_and_how_masks_were_checked(folder):
    page = (folder / "index.html").read_text()
    assert "The mask that was checked." in page
    assert "3 brain masks were checked with deskull" in page
    assert "Brain masks were computed" not in page
