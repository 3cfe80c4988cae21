"""Viewer data: a scan and its mask, small enough to be embedded in a script.

Pages that are opened from disk may not read other files, but they may run scripts that lie beside them. So the viewer
gets both images as NIfTI files in such a script.
"""

from __future__ import annotations

import base64
import gzip
import json

import numpy as np
from nibabel.nifti1 import Nifti1Image

from deskull.report.tile import View
from deskull.volume import Array

#: Voxel size of the embedded images in mm, in voxels of the view (1 mm).
_BLOCK = 2
#: Grey values of the scan: fewer compress better, and more cannot be told apart on a noisy scan.
_N_GREYS = 64


def viewer_script(view: View, number: int) -> str:
    """Return the script that holds the images of a scan.

    Parameters
    ----------
    view : View
        On the display grid.
    number : int
        Of the scan in the report.

    Returns
    -------
    str
        JavaScript that calls ``deskullVolumes`` with the number and two NIfTI files, compressed and in base64.
    """
    affine = np.diag([_BLOCK, _BLOCK, _BLOCK, 1.0])
    affine[:3, 3] = view.origin + (_BLOCK - 1) / 2
    levels = np.round(_block_means(view.image) * (_N_GREYS - 1)) * (255 // (_N_GREYS - 1))
    scan, mask = levels.astype(np.uint8), (_block_means(view.mask) > 0.5).astype(np.uint8)
    images = {"scan": _embedded(scan, affine), "mask": _embedded(mask, affine)}
    return f"deskullVolumes({number}, {json.dumps(images)});\n"


def _block_means(values: Array) -> Array:
    """Means of blocks of voxels; planes that fill no block are left out at the far ends."""
    x, y, z = (size // _BLOCK for size in values.shape)
    whole = values[: x * _BLOCK, : y * _BLOCK, : z * _BLOCK]
    means: Array = whole.reshape(x, _BLOCK, y, _BLOCK, z, _BLOCK).mean(axis=(1, 3, 5), dtype=np.float32)
    return means


def _embedded(data: Array, affine: Array) -> str:
    """NIfTI file of an image, compressed and in base64."""
    image = Nifti1Image(data, affine)
    image.header.set_xyzt_units("mm")
    return base64.b64encode(gzip.compress(image.to_bytes(), 9, mtime=0)).decode()
