"""Real scans for tests of the page on a real server: small ones that are cut out of the shared data."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from typer.testing import CliRunner

from deskull.cli import app

#: Each scan with its file and the step in which its voxels are taken, to be small.
_SOURCES = {
    "ms-T2w": ("labelled/msl_p12_s1_T2W.nii.gz", (4, 4, 1)),
    "child-T1w": ("unlabelled/fnndsc_sag_anon_T1_3y.nii.gz", (3, 3, 3)),
    "ct": ("unlabelled/ct_ge_CT.nii.gz", (4, 4, 1)),
    "dicom": ("dicom/siemens_t1_sagittal.zip", None),
    "oblique": ("unlabelled/msl_p03_s2_T1W.nii.gz", (3, 3, 1)),
    "permuted": ("labelled/ixi012_T1.nii.gz", (2, 2, 2)),
}
#: Fractions of the extents at which voxels are made brighter than all others: inside the brain, and outside the head.
_MARKS = ((0.5, 0.5, 0.6), (0.5, 0.12, 0.3))
_MARKED = ("oblique", "permuted")


@dataclass(frozen=True)
class Case:
    """A scan to strip.

    Attributes
    ----------
    name : str
    file : Path
    marks : tuple
        Voxels that are brighter than all others.
    """

    name: str
    file: Path
    marks: tuple[tuple[int, ...], ...] = ()


def make_cases(data: Path, folder: Path, *, small: bool = True, names: Collection[str] = tuple(_SOURCES)) -> list[Case]:
    """Write the scans into a folder, small or as they are.

    Parameters
    ----------
    data : Path
        Folder of the shared data.
    folder : Path
    small : bool
    names : collection of str
        Of the scans; all by default.
    """
    return [
        _make(name, data / source, folder, step if small else (1, 1, 1))
        for name, (source, step) in _SOURCES.items()
        if name in names
    ]


def _make(name: str, source: Path, folder: Path, step: tuple[int, int, int] | None) -> Case:
    if source.suffix == ".zip" or step is None:
        return Case(name, Path(shutil.copy(source, folder)))
    image = nibabel.load(source)
    cut = image.slicer[:: step[0], :: step[1], :: step[2]]
    data = np.asarray(cut.dataobj).copy()
    marks = ()
    if name in _MARKED:
        marks = tuple(tuple(int(part * size) for part, size in zip(mark, data.shape, strict=True)) for mark in _MARKS)
        data[tuple(zip(*marks, strict=True))] = min(4 * int(data.max()), np.iinfo(data.dtype).max)
    path = folder / f"{name}.nii.gz"
    nibabel.save(type(image)(data, cut.affine, cut.header), path)
    return Case(name, path, marks)


@contextlib.contextmanager
def serving(folder: Path, *options: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``deskull serve`` in a process of its own; yields it, and the address that it prints."""
    words = ["serve", "--no-open", "--port", "0", "--work", str(folder), *map(str, options)]
    command = [sys.executable, "-m", "deskull", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            yield server, server.stdout.readline().strip()
        finally:
            server.kill()


def repeat(command: str, folder: Path, out: Path) -> tuple[Path, Path]:
    """Run a command line that the page shows, in the folder of the scans.

    Parameters
    ----------
    command : str
    folder, out : Path
        The second must not exist.

    Returns
    -------
    brain, mask : Path
    """
    out.mkdir(parents=True)
    brain, mask = out / "brain.nii.gz", out / "mask.nii.gz"
    program, *words = shlex.split(command)
    assert program == "deskull"
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, [*words, "-o", str(brain), "-m", str(mask)])
    assert done.exit_code == 0, done.output
    return brain, mask


def same_voxels(one: Path, other: Path) -> bool:
    """Whether two images have the same grid and the same voxels."""
    first, second = nibabel.load(one), nibabel.load(other)
    return np.array_equal(first.affine, second.affine) and np.array_equal(first.get_fdata(), second.get_fdata())


def differing(one: Path, other: Path) -> set[tuple[int, ...]]:
    """Voxels that differ in two images of one grid."""
    differ = nibabel.load(one).get_fdata() != nibabel.load(other).get_fdata()
    return {tuple(int(place) for place in voxel) for voxel in np.argwhere(differ)}
