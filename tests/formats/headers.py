"""Awkward NIfTI headers: each function turns a small array into the bytes of a file."""

from __future__ import annotations

from collections.abc import Callable

import nibabel as nib
import numpy as np
from nibabel.nifti1 import Nifti1Extension

Maker = Callable[[np.ndarray, np.ndarray], nib.Nifti1Image]


def _image(
    data: np.ndarray, affine: np.ndarray, sform: int, qform: int, kind: type = nib.Nifti1Image
) -> nib.Nifti1Image:
    image = kind(data, None)
    image.header.set_sform(affine if sform else None, sform)
    image.header.set_qform(affine if qform else None, qform)
    image.header.set_xyzt_units("mm", "sec")
    if not qform:
        image.header["pixdim"][1:4] = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    return image


def sform_only(data, affine):
    return _image(data, affine, 2, 0)


def qform_only(data, affine):
    return _image(data, affine, 0, 1)


def both(data, affine):
    return _image(data, affine, 4, 1)


def disagreeing(data, affine):
    image = _image(data, affine, 1, 1)
    moved = affine.copy()
    moved[:3, 3] += 15
    image.header.set_qform(moved, 1)
    return image


def no_codes(data, affine):
    image = _image(data, affine, 0, 0)
    image.header["qoffset_x"] = 3
    return image


def left_handed(data, affine):
    return _image(data[::-1].copy(), affine @ _flip(0, data.shape), 1, 1)


def permuted(data, affine):
    order = np.eye(4)[[2, 0, 1, 3]]
    return _image(np.transpose(data, (1, 2, 0)).copy(), affine @ order.T @ np.eye(4), 1, 1)


def oblique(data, affine):
    angle = np.deg2rad(20)
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return _image(data, turn @ affine, 1, 1)


def sheared(data, affine):
    shear = np.eye(4)
    shear[0, 1] = 0.1
    return _image(data, shear @ affine, 2, 0)


def big_endian(data, affine):
    little = _image(data, affine, 1, 1)
    header = little.header.as_byteswapped(">")
    return nib.Nifti1Image(data.astype(">i2"), None, header)


def anisotropic(data, affine):
    thin = np.repeat(np.repeat(data, 4, axis=0), 4, axis=1)[:, :, ::3]
    return _image(thin, affine @ np.diag([0.25, 0.25, 3, 1]), 1, 1)


def trailing_axis(data, affine):
    return _image(data[..., None], affine, 1, 1)


def two_trailing_axes(data, affine):
    return _image(data[..., None, None], affine, 1, 1)


def scaled_integers(data, affine):
    image = _image(data, affine, 1, 1)
    image.header.set_slope_inter(0.25, -100)
    return image


def unsigned(data, affine):
    return _image(data.clip(0).astype(np.uint16), affine, 1, 1)


def float64(data, affine):
    return _image(data.astype(np.float64), affine, 1, 1)


def nifti2(data, affine):
    return _image(data, affine, 1, 1, nib.Nifti2Image)


def with_extension(data, affine):
    image = _image(data, affine, 1, 1)
    image.header.extensions.append(Nifti1Extension("comment", b"kept as it came"))
    return image


def odd_fields(data, affine):
    image = _image(data, affine, 1, 1)
    image.header["descrip"] = b"a scanner's remark"
    image.header["pixdim"][4:] = (2.5, 0, 7, 9)
    image.header["cal_max"] = 500
    image.header["toffset"] = 1.5
    image.header["slice_duration"] = 0.04
    image.header.set_xyzt_units("micron", "msec")
    return image


def _flip(axis: int, shape: tuple[int, ...]) -> np.ndarray:
    flip = np.eye(4)
    flip[axis, axis], flip[axis, 3] = -1, shape[axis] - 1
    return flip


MAKERS: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (
        sform_only,
        qform_only,
        both,
        disagreeing,
        no_codes,
        left_handed,
        permuted,
        oblique,
        sheared,
        big_endian,
        anisotropic,
        trailing_axis,
        two_trailing_axes,
        scaled_integers,
        unsigned,
        float64,
        nifti2,
        with_extension,
        odd_fields,
    )
}


def raw_image(image: nib.Nifti1Image) -> bytes:
    """Bytes of an image whose array holds stored values, with its header untouched by nibabel's writer."""
    header = image.header.copy()
    data = np.asanyarray(image.dataobj)
    header.set_data_dtype(data.dtype)
    header.set_data_shape(data.shape)
    slope, inter = header["scl_slope"].copy(), header["scl_inter"].copy()
    writer = type(image)(data, None, header)
    content = bytearray(writer.to_bytes())
    fixed = type(header)(bytes(content[: header.sizeof_hdr]), endianness=header.endianness, check=False)
    fixed["scl_slope"], fixed["scl_inter"] = slope, inter
    for name in ("qoffset_x", "cal_max"):
        fixed[name] = header[name]
    content[: header.sizeof_hdr] = fixed.binaryblock
    return bytes(content)
