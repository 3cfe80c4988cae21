"""Cache: prepared cases are kept exactly, and files that are not what they should be are refused."""

from __future__ import annotations

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from deskull import InputError
from deskull.data.cache import Prepared, load_prepared, save_prepared

RNG = np.random.default_rng(0)
PREPARED = Prepared(
    RNG.normal(size=(8, 6, 4)).astype(np.float16),
    RNG.normal(size=(4, 3, 2)).astype(np.float16),
    np.ones((4, 3, 2), np.uint8),
)
ARRAYS = {"image": PREPARED.image, "distance": PREPARED.distance, "valid": PREPARED.valid}


@pytest.fixture
def path(tmp_path):
    save_prepared(PREPARED, tmp_path / "case.npz")
    return tmp_path / "case.npz"


@pytest.mark.parametrize("name", list(ARRAYS))
def test_arrays_are_kept_exactly(path, name):
    loaded = getattr(load_prepared(path), name)
    np.testing.assert_array_equal(loaded, ARRAYS[name])
    assert loaded.dtype == ARRAYS[name].dtype


def test_arrays_in_fortran_order_are_kept(path):
    save_prepared(Prepared(np.asfortranarray(PREPARED.image), PREPARED.distance, PREPARED.valid), path)
    np.testing.assert_array_equal(load_prepared(path).image, PREPARED.image)


def _refused(path):
    with pytest.raises(InputError, match=r"is damaged \(.*\); delete it and prepare the case again") as caught:
        load_prepared(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


@pytest.mark.parametrize("size", [0, 10, 300, -1])
def test_truncated_file_is_refused(path, size):
    path.write_bytes(path.read_bytes()[:size])
    _refused(path)


def test_changed_bytes_are_refused(path):
    data = bytearray(path.read_bytes())
    data[200] ^= 255
    path.write_bytes(data)
    _refused(path)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError):
        load_prepared(tmp_path / "none.npz")


def test_file_without_all_arrays_is_refused(path):
    np.savez(path, image=PREPARED.image, distance=PREPARED.distance)
    _refused(path)


class _Malicious:
    """An object whose unpickling would create a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_pickled_objects_are_never_loaded(path, tmp_path):
    array = np.empty(1, object)
    array[0] = _Malicious(tmp_path / "created")
    np.savez(path, **{**ARRAYS, "image": array}, allow_pickle=True)
    _refused(path)
    path.write_bytes(pickle.dumps(_Malicious(tmp_path / "created")))
    _refused(path)
    assert not (tmp_path / "created").exists()


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("image", PREPARED.image.astype(np.float64)),
        ("valid", PREPARED.valid.astype(np.int16)),
        ("image", PREPARED.image[0]),
        ("valid", PREPARED.valid[1:]),
        ("distance", PREPARED.distance[:0]),
    ],
)
def test_array_of_wrong_type_or_shape_is_refused(path, name, array):
    np.savez(path, **{**ARRAYS, name: array})
    _refused(path)


def test_compressed_arrays_are_refused_unread(path):
    np.savez_compressed(path, **{**ARRAYS, "image": np.zeros((500, 500, 200), np.float16)})
    assert "it is compressed" in _refused(path)


@pytest.mark.parametrize("shape", ["(1000000, 1000000, 1000000)", "(-8, -6, 4)", "(8, 6, 5)", "()", "(8, 6, 'x')"])
def test_header_with_another_shape_than_the_data_is_refused(path, shape):
    buffer = io.BytesIO()
    np.save(buffer, PREPARED.image)
    forged = buffer.getvalue().replace(b"(8, 6, 4)", shape.encode())
    length = len(forged) - PREPARED.image.nbytes - 10
    forged = forged[:8] + length.to_bytes(2, "little") + forged[10:]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("image.npy", forged)
        for name in ("distance", "valid"):
            buffer = io.BytesIO()
            np.save(buffer, ARRAYS[name])
            archive.writestr(f"{name}.npy", buffer.getvalue())
    _refused(path)
