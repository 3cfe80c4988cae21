"""MINC 2: read as nibabel reads it, in a process that a hostile file can end without harm."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import zlib
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from deskull import InputError, formats
from deskull.errors import UsageError
from deskull.formats import minc2
from deskull.system.installation import install_command

SAMPLES = Path(nib.__file__).parent / "tests" / "data"
VOXELS = np.arange(5 * 6 * 7, dtype=np.int16).reshape(5, 6, 7)
AXES = "zspace,yspace,xspace"
HDF5 = b"\x89HDF\r\n\x1a\n"

pytestmark = pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")


@pytest.fixture
def h5py():
    return pytest.importorskip("h5py", reason="needs h5py (deskull[minc])")


@pytest.fixture
def write(h5py, tmp_path):
    """Return a function that writes a file with a step of 2 mm along every axis, and may spoil it."""

    def write(voxels=VOXELS, axes=AXES, spoil=None, **storage):
        path = tmp_path / "anat.mnc"
        with h5py.File(path, "w") as file:
            for name, size in zip(axes.split(","), np.shape(voxels) or storage["shape"], strict=True):
                axis = file.create_dataset(f"minc-2.0/dimensions/{name}", (), "i4")
                axis.attrs.update(
                    step=2.0, start=-5.0, length=np.uint32(min(size, 1 << 30)), spacing=np.bytes_("regular__")
                )
            group = file.create_group("minc-2.0/image/0")
            group["image-min"], group["image-max"] = 0.0, 209.0
            image = group.create_dataset("image", data=voxels, **storage)
            image.attrs.update(dimorder=np.bytes_(axes), valid_range=[0.0, 209.0])
            if spoil:
                spoil(group, image)
        return path

    return write


def fault_of(path):
    """Return what is wrong with a file, in one sentence that begins with its name."""
    with pytest.raises(InputError) as error:
        formats.read(path)
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("name", ["small", "minc2_1_scale", "minc2-no-att", "minc2_4d", "minc2-4d-d"])
def test_samples_of_nibabel_are_read_as_nibabel_reads_them(h5py, name):
    path = SAMPLES / f"{name}.mnc"
    if not path.exists():
        pytest.skip("needs the test data of nibabel, which this installation does not have")
    volume, expected = formats.read(path), nib.load(path)
    values = expected.get_fdata()
    values = np.moveaxis(values, 0, -1) if values.ndim == 4 else values
    np.testing.assert_allclose(volume.values(), values, rtol=1e-6)
    np.testing.assert_array_equal(volume.affine, expected.affine)


def test_compressed_chunks_give_the_values_that_were_written(write):
    volume = formats.read(write(chunks=(2, 3, 4), compression="gzip", shuffle=True))
    np.testing.assert_allclose(volume.data, VOXELS, rtol=1e-6)


def test_file_with_a_name_beyond_ascii_is_read(write):
    path = write()
    path = path.rename(path.with_name("-Gehirn ä\n.mnc"))
    assert formats.read(path).data.shape == (5, 6, 7)


def test_script_without_a_main_guard_is_not_run_again(write, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(f"import deskull.formats as f\nprint(f.read({str(write())!r}).data.shape)\n")
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert result.stdout == "(5, 6, 7)\n"


def test_missing_library_names_the_extra(monkeypatch, tmp_path):
    command = install_command("minc")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (tmp_path / "anat.mnc").write_bytes(HDF5)
    with pytest.raises(UsageError, match=re.escape(f"h5py: is not installed, which MINC 2 needs; {command}.")):
        formats.read(tmp_path / "anat.mnc")


@pytest.mark.parametrize("kept", [0.01, 0.99])
def test_file_that_is_cut_short_is_refused(write, kept):
    path = write()
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert "cannot be read (damaged)" in fault_of(path)


@pytest.mark.parametrize("at", [8, 40])
def test_damaged_superblock_is_refused(write, at):
    path = write()
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)
    fault_of(path)


def store_elsewhere(group, image):
    del group["image"]
    group.create_dataset("image", (5, 6, 7), "i2", external=[("/dev/zero", 0, 420)])


def link_to_another_file(group, image):
    import h5py

    del group["image-max"]
    group["image-max"] = h5py.ExternalLink("/etc/passwd", "/image-max")


SPOILT = {
    "a 2-D image": ({"voxels": VOXELS[0], "axes": "yspace,xspace"}, "has the axes 'yspace, xspace'"),
    "an axis twice": (
        {"spoil": lambda group, image: image.attrs.update(dimorder=np.bytes_("zspace,xspace,xspace"))},
        "has the axes 'zspace, xspace, xspace'",
    ),
    "colours": ({"axes": "zspace,yspace,vector_dimension"}, "has the axes"),
    "complex numbers": ({"voxels": VOXELS + 1j}, "complex numbers"),
    "a huge axis": (
        {"voxels": None, "shape": (1 << 40, 6, 7), "dtype": "u1", "chunks": (1, 6, 7)},
        "fewer voxels than its header promises",
    ),
    "a chunk never written": (
        {"voxels": None, "shape": (5, 6, 7), "dtype": "i2", "chunks": (5, 6, 7)},
        "fewer voxels than its header promises",
    ),
    "a filter of a plug-in": ({"compression": "lzf"}, "a method other than deflate"),
    "voxels elsewhere": ({"spoil": store_elsewhere}, "in another file"),
    "a link to another file": ({"spoil": link_to_another_file}, "image-max' is missing or a link"),
    "no range": ({"spoil": lambda group, image: group.__delitem__("image-min")}, "image-min' is missing or a link"),
    "irregular slices": (
        {
            "spoil": lambda group, image: group.file["minc-2.0/dimensions/zspace"].attrs.update(
                spacing=np.bytes_("irregular")
            )
        },
        "irregular slices",
    ),
    "an axis of another length": (
        {"spoil": lambda group, image: group.file["minc-2.0/dimensions/zspace"].attrs.update(length=np.uint32(9))},
        "gives zspace 9 voxels, but the image has 5",
    ),
}


@pytest.mark.parametrize("case", SPOILT)
def test_file_that_is_no_scan_or_refers_to_another_is_refused(write, case):
    arguments, fault = SPOILT[case]
    assert fault in fault_of(write(**arguments))


def test_chunk_that_holds_more_than_its_voxels_is_refused(write):
    bomb = zlib.compress(bytes(1 << 24))  # 16 kB, which expand to 16 MB
    path = write(
        spoil=lambda group, image: image.id.write_direct_chunk((0, 0, 0), bomb),
        chunks=VOXELS.shape,
        compression="gzip",
    )
    assert "holds more data than its header promises" in fault_of(path)


def test_image_that_expands_as_no_scan_does_is_refused(write):
    size = (700, 400, 400)
    chunk = zlib.compress(bytes(400 * 400))
    path = write(
        None,
        spoil=lambda group, image: [image.id.write_direct_chunk((k, 0, 0), chunk) for k in range(size[0])],
        shape=size,
        dtype="u1",
        chunks=(1, *size[1:]),
        compression="gzip",
    )
    assert "more than any scan" in fault_of(path)


def test_chunk_that_is_no_deflate_stream_is_refused(write):
    path = write(
        spoil=lambda group, image: image.id.write_direct_chunk((0, 0, 0), b"no deflate"),
        chunks=VOXELS.shape,
        compression="gzip",
    )
    assert "cannot be read (damaged)" in fault_of(path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits the memory of a process")
def test_process_cannot_take_more_memory_than_its_limit(h5py):
    code = "from deskull.formats.minc2_process import *; limit('RLIMIT_AS', MEMORY_BYTES); bytearray(MEMORY_BYTES)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "MemoryError" in result.stderr


def test_process_that_takes_too_long_is_killed(write, monkeypatch):
    monkeypatch.setattr(minc2, "START_SECONDS", 0.01)
    assert "takes too long to read" in fault_of(write())


def test_process_that_ends_is_reported(write, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert "ends the process that reads it" in fault_of(write())
