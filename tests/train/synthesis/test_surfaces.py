"""Surfaces: exact distances, and the brain and intracranial definitions, on shapes with known answers."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch (deskull[train])")

from deskull.masking import signed_distance
from deskull.train.synthesis.surfaces import brain_mask, close, intracranial_mask, smooth_distance
from deskull.train.synthesis.tissues import Tissue, tissues_of


def radius_field(size=80):
    index = np.stack(np.meshgrid(*[np.arange(size)] * 3, indexing="ij"), -1)
    return np.linalg.norm(index - (size - 1) / 2, axis=-1)


def head(size=80):
    """Concentric head: brain to 24, CSF to 28, bone to 32, skin to 36; a sulcus 4 wide cut into the brain."""
    radius = radius_field(size)
    tissues = np.zeros(radius.shape, np.uint8)
    for outer, tissue in ((36, Tissue.SKIN), (32, Tissue.BONE), (28, Tissue.CSF), (24, Tissue.WHITE)):
        tissues[radius <= outer] = tissue
    middle = size // 2
    sulcus = np.zeros_like(tissues, bool)
    sulcus[middle - 2 : middle + 2, :, middle + 8 :] = True
    tissues[sulcus & (radius <= 24)] = Tissue.CSF
    tissues[radius <= 5] = Tissue.VENTRICLE
    return tissues, radius


@pytest.mark.parametrize("spacing", [0.5, 1.0, 2.0])
def test_distances_to_a_ball_are_right_within_a_voxel(spacing):
    radius = radius_field()
    distance = signed_distance(radius <= 20, spacing)
    near = np.abs(radius - 20) < 8
    error = (distance - (radius - 20) * spacing)[near]
    assert np.abs(error).mean() < 0.3 * spacing
    assert np.abs(error).max() < 0.75 * spacing
    assert ((distance < 0) == (radius <= 20)).all()


@pytest.mark.parametrize("spacing", [0.5, 1.0])
def test_smooth_distances_have_smaller_steps_and_no_offset(spacing):
    radius = radius_field(64)
    near = np.abs(radius - 24.3) < 2
    distances = signed_distance(radius <= 24.3, spacing), smooth_distance(radius <= 24.3, spacing)
    stepped, smooth = ((distance - (radius - 24.3) * spacing)[near] for distance in distances)
    assert smooth.std() < 0.6 * stepped.std()
    assert abs(smooth.mean()) < 0.1 * spacing


def test_distances_to_a_plane_are_exact():
    mask = np.zeros((30, 8, 8), bool)
    mask[:12] = True
    expected = (np.arange(30) - 11.5) * 0.7
    np.testing.assert_allclose(
        signed_distance(mask, 0.7), np.broadcast_to(expected[:, None, None], mask.shape), rtol=1e-6
    )


def test_closing_fills_a_gap_narrower_than_the_ball():
    mask = np.zeros((60, 60, 60), bool)
    mask[10:50, 10:50, 10:28] = mask[10:50, 10:50, 32:50] = True
    assert close(mask, 4, 1.0)[30, 30, 30]
    assert not close(mask, 1, 1.0)[30, 30, 30]
    assert (close(mask, 4, 1.0) >= mask).all()


def test_brain_has_sulci_and_ventricles_but_no_outer_fluid():
    tissues, radius = head()
    brain = brain_mask(tissues, 1.0)
    middle = tissues.shape[0] // 2
    assert brain[middle, middle, middle + 12]  # in the sulcus
    assert brain[radius <= 5].all()
    assert not brain[radius > 26].any()
    assert not brain[np.isin(tissues, (Tissue.BONE, Tissue.SKIN))].any()


def test_spinal_cord_and_islands_are_not_brain():
    tissues, _ = head()
    middle = tissues.shape[0] // 2
    tissues[middle - 3 : middle + 3, middle - 3 : middle + 3, :20] = Tissue.CORD
    tissues[2:4, 2:4, 2:4] = Tissue.WHITE
    brain = brain_mask(tissues, 1.0)
    assert not brain[tissues == Tissue.CORD].any()
    assert not brain[2:4, 2:4, 2:4].any()


def test_intracranial_space_has_the_brain_and_the_fluid_around_it():
    tissues, radius = head()
    brain = brain_mask(tissues, 1.0)
    space = intracranial_mask(tissues, brain, 1.0)
    assert (space >= brain).all()
    assert space[(radius > 25) & (radius < 27.5)].mean() > 0.99
    assert not space[radius > 28.5].any()


def test_labels_of_a_scheme_become_tissues_and_an_unknown_scheme_is_refused():
    labels = np.zeros((20, 20, 20), np.uint16)
    labels[4:16, 4:16, 4:16] = 515
    labels[6:14, 6:14, 6:14] = 24
    labels[8:12, 8:12, 8:12] = 41
    tissues = tissues_of(labels, "synthseg", 1.0)
    assert tissues[10, 10, 10] == Tissue.WHITE
    assert tissues[6, 10, 10] == Tissue.DURA  # touches the skull
    assert tissues[7, 10, 10] == Tissue.CSF
    assert tissues[0, 0, 0] == Tissue.AIR
    with pytest.raises(KeyError):
        tissues_of(labels, "unheard-of", 1.0)
