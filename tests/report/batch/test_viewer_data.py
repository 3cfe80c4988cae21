"""Viewer data: the images in the script are those of the view, where they lie in the world."""

from __future__ import annotations

import base64
import gzip
import json

import numpy as np
from nibabel import Nifti1Image

from deskull.report.batch.viewer_data import viewer_script
from deskull.report.tile import View


def images_of(script):
    content = json.loads(script[script.index("{") : script.rindex("}") + 1])
    return [Nifti1Image.from_bytes(gzip.decompress(base64.b64decode(content[name]))) for name in ("scan", "mask")]


def test_images_have_voxels_of_2_mm_at_their_world_coordinates():
    mask = np.zeros((21, 30, 40), bool)
    mask[4:8, 10:16, 20:30] = True
    scan, small = images_of(viewer_script(View(mask.astype(np.float32), mask, np.array([-10.0, 5, 7])), 3))
    assert scan.shape == small.shape == (10, 15, 20)
    assert np.array_equal(scan.affine, [[2, 0, 0, -9.5], [0, 2, 0, 5.5], [0, 0, 2, 7.5], [0, 0, 0, 1]])
    assert np.array_equal(np.argwhere(small.get_fdata()).min(axis=0), [2, 5, 10])
    assert np.array_equal(np.asarray(scan.dataobj) > 0, np.asarray(small.dataobj) > 0)
    assert np.asarray(scan.dataobj).max() == 252


def test_same_view_gives_the_same_script():
    view = View(np.ones((8, 8, 8), np.float32), np.ones((8, 8, 8), bool), np.zeros(3))
    assert viewer_script(view, 1) == viewer_script(view, 1)
