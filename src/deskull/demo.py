"""Demo: make a raw head scan from the sample that is part of deskull.

The sample is an image from this project's synthesis (`deskull.train.synthesis.generator`, see
benchmarks/make_sample.py), without noise, at 1.5 mm. The demo makes a scan of it as from a scanner: voxels of 1 mm, an
oblique orientation, uneven coil sensitivity, and noise. The same seed makes the same scan.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
from scipy import ndimage

from deskull import formats
from deskull.volume import Affine, FloatArray, Volume

#: Shape of the scan in voxels of 1 mm.
SHAPE = (192, 240, 240)
#: Maximum rotation about the left-right axis in degrees, either way.
_MAX_TILT = 12.0
#: Standard deviation of the logarithm (base 2) of the gamma that changes the contrast.
_GAMMA_SD = 0.2
#: Standard deviation of the logarithm of the coil sensitivity, and its number of control points along each axis.
_SHADING_SD, _N_CONTROL_POINTS = 0.25, 4
#: Standard deviation of the noise in each channel, as a fraction of the brightest tissue.
_NOISE_SD = 0.02
#: Stored value of the brightest tissue before shading.
_BRIGHTEST = 1000


def make_head(seed: int = 0, voxel_size: int = 1) -> Volume:
    """Return a synthetic raw T1-weighted scan of a head: int16, 192 x 240 x 240 voxels of 1 mm, oblique.

    Parameters
    ----------
    seed : int
        Determines the position of the head, the coil sensitivity, the contrast and the noise.
    voxel_size : int
        Voxel size in mm; the field of view stays the same.

    Returns
    -------
    Volume
    """
    rng = np.random.default_rng(seed)
    sample = formats.read(Path(str(resources.files("deskull") / "samples" / "head.nii.gz")))
    shape = tuple(size // voxel_size for size in SHAPE)
    affine = _oblique_affine(rng) @ np.diag([voxel_size, voxel_size, voxel_size, 1.0])
    to_sample = np.linalg.inv(sample.affine) @ affine
    head = ndimage.affine_transform(
        sample.values(), to_sample[:3, :3], to_sample[:3, 3], shape, order=1, output=np.float32
    )
    head = (head / 255) ** np.float32(2.0 ** rng.normal(0, _GAMMA_SD))
    head *= _coil_sensitivity(rng, shape)
    noise = _NOISE_SD * rng.standard_normal((2, *shape), dtype=np.float32)
    head = np.hypot(head + noise[0], noise[1])  # Rician: the magnitude of a complex signal
    return Volume(np.round(head * _BRIGHTEST).astype(np.int16), affine, name=f"synthetic head {seed}")


def _oblique_affine(rng: np.random.Generator) -> Affine:
    """Return the affine of 1 mm voxels, stored left, posterior, superior, rotated a few degrees about x."""
    angle = np.deg2rad(rng.uniform(-_MAX_TILT, _MAX_TILT))
    affine = np.eye(4)
    rotation = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    affine[:3, :3] = rotation @ np.diag([-1.0, -1.0, 1.0])
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2)
    return affine


def _coil_sensitivity(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """Return a smooth multiplicative field around 1, in a shape."""
    control = rng.normal(0, _SHADING_SD, (_N_CONTROL_POINTS,) * 3).astype(np.float32)
    zooms = [size / _N_CONTROL_POINTS for size in shape]
    field: FloatArray = np.exp(ndimage.zoom(control, zooms, order=1, grid_mode=True, mode="nearest"))
    return field
