"""Input that cannot be used: one sentence names the file, the fault and the remedy, whatever the format."""

from __future__ import annotations

import errno
import gzip
import os
import re

import nibabel as nib
import numpy as np
import pytest

from deskull import InputError, formats

VOXELS = np.random.default_rng(0).integers(0, 900, (8, 8, 8)).astype(np.int16)


def nifti(path, data=VOXELS, **fields):
    image = nib.Nifti1Image(data, np.eye(4))
    content = _patched(image, fields) if fields else image.to_bytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def _patched(image, fields):
    content = bytearray(image.to_bytes())
    header = nib.Nifti1Header(bytes(content[:348]), check=False)
    for name, value in fields.items():
        header[name] = value
    content[:348] = header.binaryblock
    return bytes(content)


def singular(path):
    row = np.array([1, 1, 0, 0], np.float32)
    return nifti(path, sform_code=1, srow_x=row, srow_y=row, srow_z=[0, 0, 1, 0])


def truncated_gzip(path):
    nifti(path, np.random.default_rng(0).integers(0, 9999, (32, 32, 32)).astype(np.int16))
    path.write_bytes(path.read_bytes()[:20_000])
    return path


def truncated_plain(path):
    path = nifti(path.with_suffix(""))
    path.write_bytes(path.read_bytes()[:-50])
    return path


def empty(path):
    path.touch()
    return path


def text(path):
    path.write_text("this is no image\n" * 50)
    return path


def rgb(path):
    colour = np.zeros((4, 4, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    return nifti(path, colour)


BAD = {
    "missing": (lambda p: p, "no such file"),
    "folder": (lambda p: (p.mkdir(), p)[1], "is a folder"),
    "text": (text, "not a NIfTI image"),
    "empty": (empty, "empty"),
    "truncated gzip": (truncated_gzip, "cut short"),
    "truncated": (truncated_plain, "cut short"),
    "2-D": (lambda p: nifti(p, VOXELS[..., 0]), "2-D"),
    "one slice": (lambda p: nifti(p, VOXELS[..., :1]), "2-D"),
    "5-D": (lambda p: nifti(p, np.zeros((4, 4, 4, 2, 3), np.int16)), "5 dimensions"),
    "complex": (lambda p: nifti(p, VOXELS.astype(np.complex64)), "complex"),
    "rgb": (rgb, "colours"),
    "zero voxel size": (
        lambda p: nifti(p, pixdim=[1, 0, 1, 1, 1, 1, 1, 1], sform_code=0, qform_code=0),
        "voxel size is zero",
    ),
    "nan voxel size": (
        lambda p: nifti(p, pixdim=[1, np.nan, 1, 1, 1, 1, 1, 1], sform_code=0, qform_code=1),
        "repair the header",
    ),
    "singular affine": (singular, "singular"),
    "nan affine": (lambda p: nifti(p, sform_code=1, srow_x=[np.nan] * 4), "not finite"),
    "unknown type": (lambda p: nifti(p, datatype=9999), "unknown type (9999)"),
    "nan intercept": (lambda p: nifti(p, scl_slope=2, scl_inter=np.nan), "intercept"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", BAD)
def test_unusable_file_is_refused_in_one_sentence(tmp_path, name):
    make, fault = BAD[name]
    path = make(tmp_path / "scan.nii.gz")
    with pytest.raises(InputError) as caught:
        formats.read(path)
    message = str(caught.value)
    assert fault in message
    assert path.name in message
    assert "\n" not in message
    assert re.search(r"[;,.] ?\w+|; ", message), "names no remedy"
    assert message.endswith(".")


@pytest.mark.parametrize("suffix", [".mgz", ".mgh", ".nrrd", ".nhdr", ".mha", ".mhd", ".img", ".hdr"])
def test_random_bytes_are_refused_under_any_suffix(tmp_path, suffix):
    path = tmp_path / f"scan{suffix}"
    path.write_bytes(os.urandom(2000))
    with pytest.raises(InputError, match=r"scan") as caught:
        formats.read(path)
    assert "\n" not in str(caught.value)


def test_unknown_suffix_is_refused(tmp_path):
    (tmp_path / "scan.png").write_bytes(b"png")
    with pytest.raises(InputError, match="not an image that deskull reads"):
        formats.read(tmp_path / "scan.png")


def test_file_without_read_permission_is_refused(tmp_path):
    path = nifti(tmp_path / "scan.nii")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    with pytest.raises(InputError, match="may not be read"):
        formats.read(path)


LIBRARY_ERRORS = [
    ValueError("cannot read /tmp/deskull-1-ab/image.nii: bad header"),
    RuntimeError("/build/ITK/Modules/IO/src/itkImage.cxx:99:\nITK ERROR: failed"),
    OSError("C:\\Users\\me\\scan.nii is bad"),
    KeyError("x" * 5000),
    AssertionError(),
]


@pytest.mark.parametrize("error", LIBRARY_ERRORS, ids=lambda error: type(error).__name__)
def test_error_of_a_library_becomes_one_sentence_without_its_paths(tmp_path, monkeypatch, error):
    def fail(path, options):
        raise error

    path = nifti(tmp_path / "scan.nii")
    monkeypatch.setattr("deskull.formats.nifti.read", fail)
    with pytest.raises(InputError, match=r"scan\.nii: is damaged") as caught:
        formats.read(path)
    message = str(caught.value).replace(str(path), "")
    assert not re.search(r"[/\\\n]", message)
    assert len(message) < 250


def test_full_disk_is_not_taken_for_a_damaged_file(tmp_path, monkeypatch):
    def fail(path, options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("deskull.formats.nifti.read", fail)
    with pytest.raises(InputError, match="No space left on device"):
        formats.read(nifti(tmp_path / "scan.nii"))
