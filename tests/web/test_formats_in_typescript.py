"""The readers and writers of the static page against the Python ones: the same voxels, affines, warnings and errors."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deskull import formats
from deskull.errors import InputError
from deskull.result import Result
from deskull.volume import Volume
from tests.pages import WEB, build_driver
from tests.web.format_files import MAKERS

FAMILIES = {".nii": "nifti", ".nii.gz": "nifti", ".mgh": "mgh", ".mgz": "mgh", ".nrrd": "nrrd"}


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> Path:
    """The program that reads files with the page's readers."""
    return build_driver(WEB / "formats" / "tests" / "driver.ts", tmp_path_factory.mktemp("driver"))


@pytest.fixture(scope="module")
def answers(driver, tmp_path_factory) -> dict[str, dict[str, Any]]:
    """What the page's readers made of each file, with the path of the file and of the results."""
    folder: Path = tmp_path_factory.mktemp("files")
    tasks = []
    for name, make in MAKERS.items():
        path = folder / name
        make(path)
        results = folder / f"{name}.results"
        results.mkdir()
        family = FAMILIES[formats.split_name(path)[1]]
        tasks.append({"path": str(path), "name": str(path), "family": family, "results": str(results)})
    done = subprocess.run(["node", driver], input=json.dumps(tasks), capture_output=True, text=True, check=True)
    return {name: {**answer, **task} for name, answer, task in zip(MAKERS, json.loads(done.stdout), tasks, strict=True)}


def read(path: str) -> tuple[Volume | None, list[str], str]:
    """Read a file in Python; returns its warnings and its error, too."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            volume, error = formats.read(path), ""
        except InputError as raised:
            volume, error = None, str(raised)
    return volume, [str(one.message) for one in caught], error


@pytest.mark.parametrize("name", MAKERS)
def test_file_is_read_or_refused_as_in_python(name, answers):
    answer = answers[name]
    volume, messages, error = read(answer["path"])
    assert answer.get("error", "") == error
    if volume is None:
        return
    assert answer["warnings"] == messages
    assert tuple(answer["shape"]) == volume.data_shape
    assert tuple(answer["trailing"]) == volume.trailing
    assert answer["type"] == volume.dtype.newbyteorder("=").str[1:]
    np.testing.assert_allclose(np.reshape(answer["affine"], (4, 4)), volume.affine, atol=1e-5)
    np.testing.assert_allclose([answer["slope"], answer["inter"]], [volume.slope, volume.inter])
    native = volume.data.astype(volume.dtype.newbyteorder("="))
    assert answer["sha256"] == hashlib.sha256(native.tobytes(order="F")).hexdigest()


@pytest.mark.parametrize("name", [name for name in MAKERS if not name.startswith(("bomb", "twice"))])
def test_results_are_written_as_in_python(name, answers, tmp_path):
    answer = answers[name]
    scan, _, error = read(answer["path"])
    if scan is None:
        assert error
        return
    at = np.arange(np.prod(scan.shape))
    mask = scan.with_data((at % 3 > 0).astype(np.uint8).reshape(scan.shape, order="F"))
    distance = scan.with_data((at / 7 - 3).astype(np.float32).reshape(scan.shape, order="F"))
    volumes = {"mask": mask, "brain": Result(scan, mask.values, mask).brain, "distance": distance}
    for what, volume in volumes.items():
        path = tmp_path / f"{what}{formats.output_suffix(Path(answer['path']))}"
        formats.write(volume, path)
        assert _unpacked(Path(answer["results"], what).read_bytes()) == _unpacked(path.read_bytes()), what


def _unpacked(content: bytes) -> bytes:
    """Return the bytes that a file holds, whatever the level of their compression."""
    if content.startswith(b"NRRD"):
        head, _, packed = content.partition(b"\n\n")
        return head + gzip.decompress(packed)
    return gzip.decompress(content)
