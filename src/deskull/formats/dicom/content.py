"""Whether the voxels of a volume are the pixels of the slices that lie there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from deskull.formats.dicom.geometry import Frame
from deskull.formats.dicom.headers import Image, read_pixels
from deskull.volume import Array, Volume

#: Voxels may be scaled pixels, so that they are compared by their correlation in each slice.
_MIN_CORRELATION = 0.999
#: Number of rows and columns of a slice that are compared.
_SAMPLES = 48


def count_misplaced(volume: Volume, images: Sequence[Image], frames: Sequence[Frame]) -> int:
    """Count the slices whose pixels are not those of the volume at their place.

    Parameters
    ----------
    volume : Volume, shape (x, y, z)
        Whose voxels lie on the slices, see `deskull.formats.dicom.geometry.misplacement`.
    images : sequence of Image
    frames : sequence of Frame
        Of all images in order.

    Returns
    -------
    int
        Compressed images are not compared.
    """
    return sum(_differs(volume, frame, pixels) for frame, pixels in zip(frames, _slices(images), strict=False))


def _slices(images: Sequence[Image]) -> Iterator[Array | None]:
    """Pixels of each slice, shape (rows, columns); None if they are compressed."""
    for image in images:
        pixels = read_pixels(image)
        if pixels is None:
            yield from [None] * max(int(image.header.get("NumberOfFrames") or 1), 1)
        else:
            yield from pixels


def _differs(volume: Volume, frame: Frame, pixels: Array | None) -> bool:
    """Whether a slice is other than the voxels at its place."""
    if pixels is None:
        return False
    axes = [np.unique(np.linspace(0, size - 1, min(size, _SAMPLES)).astype(int)) for size in frame.shape]
    rows, columns = np.meshgrid(*axes, indexing="ij")
    indices = np.stack([rows, columns, np.ones_like(rows)]).reshape(3, -1)
    places = np.linalg.inv(volume.affine)[:3] @ frame.affine @ indices
    voxels = volume.data[tuple(np.rint(places).astype(int))].astype(float)
    own = pixels[rows, columns].ravel().astype(float)
    if not np.isfinite(voxels).all():
        return False
    if np.ptp(own) == 0 or np.ptp(voxels) == 0:
        return bool((np.ptp(own) == 0) != (np.ptp(voxels) == 0))
    return bool(np.corrcoef(own, voxels)[0, 1] < _MIN_CORRELATION)
