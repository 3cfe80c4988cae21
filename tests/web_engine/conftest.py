"""Fixtures of the tests of the static page's engine: the engine in node, and scans on difficult grids."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.web_engine import WebEngine, build_library

from deskull import Volume
from tests.pages import needs_packages


def rotation(axis, degrees):
    """Rotation about an axis of the world, as an affine."""
    turned = np.eye(4)
    a, b = (other for other in range(3) if other != axis)
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned[np.ix_([a, b], [a, b])] = [[cosine, -sine], [sine, cosine]]
    return turned


def sheared(scan):
    """The scan with an affine whose axes are not perpendicular."""
    shear = np.eye(4)
    shear[1, 2] = 0.3
    return Volume(scan.data, shear @ scan.affine)


def rotated(scan, axis, degrees):
    """The scan with its position turned about an axis of the world."""
    return Volume(scan.data, rotation(axis, degrees) @ scan.affine)


def permuted_and_flipped(scan):
    """The same head, stored with its axes in another order and direction."""
    axes, to_scan = [2, 0, 1], np.zeros((4, 4))
    to_scan[axes, range(3)], to_scan[3, 3] = [1, -1, -1], 1
    to_scan[[0, 1], 3] = scan.shape[0] - 1, scan.shape[1] - 1
    return Volume(scan.data.transpose(axes)[:, ::-1, ::-1], scan.affine @ to_scan)


def with_voxels(scan, sizes):
    """The same array with other voxel sizes."""
    return Volume(scan.data, scan.affine @ np.diag([*(np.array(sizes) / scan.voxel_sizes), 1.0]))


#: Makes scans of the tiny head on grids of every kind that the pipeline treats in its own way.
GRIDS = {
    "straight": lambda scan: scan,
    "a little oblique": lambda scan: rotated(rotated(scan, 0, 12), 2, -7),
    "very oblique": lambda scan: rotated(scan, 1, 40),
    "sheared": sheared,
    "permuted and flipped": permuted_and_flipped,
    "thick slices": lambda scan: with_voxels(Volume(scan.data[:, :, ::2], scan.affine), [4.0, 4.0, 8.0]),
    "fine voxels": lambda scan: with_voxels(scan, [1.7, 2.9, 4.0]),
    "long field of view": lambda scan: with_voxels(scan, [5.0, 5.0, 9.0]),
}


@pytest.fixture(scope="session")
def web_engine(tmp_path_factory):
    """The engine in node, built once."""
    needs_packages("engine", "onnxruntime-web")
    folder = tmp_path_factory.mktemp("web-engine")
    with WebEngine(build_library(folder), folder) as engine:
        yield engine


@pytest.fixture(params=GRIDS)
def scan(request, tiny_head):
    """The tiny head on a grid."""
    return GRIDS[request.param](tiny_head)


def as_field(data):
    """An array of floats as the engine takes it."""
    return {"values": np.asarray(data, np.float32), "shape": list(data.shape)}


def as_list(affine):
    """An affine as the engine takes it."""
    return [float(number) for number in np.ravel(affine)]


def shaped(values, shape):
    """An array of the engine in its shape."""
    return values.reshape(shape, order="F")
