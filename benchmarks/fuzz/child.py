"""What deskull makes of one mutant, in a process with limited memory."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.fuzz.classes import Class, Reading, canonical, differences, fault_of_message
from benchmarks.fuzz.files import write_files
from benchmarks.fuzz.mutations import Mutant, all_seeds
from benchmarks.fuzz.seeds import secret

from deskull import Stripper, Volume, formats
from deskull.errors import DeskullError, OutputError

#: Memory that one mutant may take, in bytes, and seconds that it may take.
MEMORY, SECONDS = 2e9, 10.0
#: Larger images are not sent to the reader of reference.
_LARGEST = 200_000


@dataclass(frozen=True)
class Outcome:
    """The result of one mutant.

    Attributes
    ----------
    kind : Class
    part, label : str
        What was damaged, and how.
    detail : str
        The message, or what differs.
    seconds : float
    reading : Reading, optional
        Of images that differ from the seed.
    """

    kind: Class
    part: str
    label: str
    detail: str = ""
    seconds: float = 0.0
    reading: Reading | None = None


class _OtherDataError(Exception):
    """What was written is not what is read back."""


def examine(mutant: Mutant) -> Outcome:
    """Make a mutant, read, strip and write it, and judge what happens."""
    _prepare()
    made = mutant.make()
    part, label = made.part, made.label
    folder = _scratch() / "case"
    write_files(made.files, folder, secret())
    path = folder / made.main
    _forget_peak()
    start = time.perf_counter()
    with _bounded():
        try:
            kind, detail, reading, told = _judged(path, folder.parent / "out", mutant.format)
        except MemoryError:  # where the result is compared
            return Outcome(Class.memory, part, label)
    seconds = time.perf_counter() - start
    if _peak() > MEMORY:
        kind, detail = Class.memory, f"{_peak() / 1e9:.1f} GB; {detail}"
    elif seconds > SECONDS:
        kind, detail = Class.hang, f"{seconds:.0f} s; {detail}"
    if kind is Class.outside and "link out of the folder" in label:  # a link that the user made is not the file's doing
        kind, detail = Class.silent, "voxels"
    if kind is Class.warned:
        detail = f"{detail}; {told[-1]}"
    return Outcome(kind, part, label, detail, seconds, reading)


def _judged(path: Path, out: Path, name: str) -> tuple[Class, str, Reading | None, list[str]]:
    """Use a file and class the result; also return the warnings."""
    kind, detail, reading = Class.right, "", None
    with _captured() as (printed, told):
        try:
            reading = _use(path, out)
            reading = canonical(reading) if all_seeds()[name].any_axes else reading
        except OutputError as error:
            kind, detail = Class.not_written, str(error)
        except DeskullError as error:
            kind, detail = Class.sentence, str(error)
        except MemoryError:
            kind = Class.memory
        except _OtherDataError as error:
            kind, detail = Class.not_written, str(error)
        except BaseException as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            kind, detail = (
                Class.exception,
                f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})",
            )
    texts = [str(one.message) for one in told]
    faults = [fault_of_message(text, path) for text in ([detail] if kind is Class.sentence else []) + texts]
    faults += ["warned twice"] if len(set(texts)) < len(texts) else []
    faults += [f"printed {printed[0][:200]!r}"] if printed[0] else []
    fault = next((one for one in faults if one), "")
    if kind in (Class.sentence, Class.right) and fault:
        return Class.bad_message, fault, None, texts
    if reading is not None:
        kind, detail, reading = _compared(reading, texts, path, name)
    return kind, detail, reading, texts


def _compared(reading: Reading, told: list[str], path: Path, name: str) -> tuple[Class, str, Reading | None]:
    """Class an accepted image by comparing it with the seed."""
    expected, usual = _expected(name)
    found = differences(reading, expected)
    if not found:
        return Class.right, "", None
    if np.array_equal(np.sort(reading.values, axis=None), np.sort(np.frombuffer(secret(), np.int16))):
        return Class.outside, "holds the voxels of a file outside its folder", reading
    new = {text.replace(str(path), "") for text in told} - usual
    kept = reading if reading.values.size <= _LARGEST else None
    return (Class.warned if new else Class.silent), " and ".join(found), kept


@cache
def _expected(name: str) -> tuple[Reading, set[str]]:
    """Return what a seed holds, and the warnings that it causes undamaged."""
    seed = all_seeds()[name]
    folder = _scratch() / "seed"
    write_files(seed.files(), folder, secret())
    path = folder / seed.main
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        formats.read(path)
    expected = Reading(seed.values.astype(float), seed.affine)
    expected = canonical(expected) if seed.any_axes else expected
    return expected, {str(one.message).replace(str(path), "") for one in told}


def _use(path: Path, out: Path) -> Reading:
    """Read a file, strip it with a sphere for the network's answer, and read the results back."""
    volume = formats.read(path)
    result = _stripper().strip(volume, frame="each" if volume.n_frames <= 4 else "mean")
    out.mkdir(exist_ok=True)
    suffix = formats.output_suffix(path)
    for name, one in (("mask", result.mask), ("brain", result.brain)):
        target = out / f"{name}{suffix}"
        formats.write(one, target, overwrite=True)
        _check_written(one, target)
    with np.errstate(all="ignore"):
        values = volume.data * np.float64(volume.slope) + np.float64(volume.inter)
    return Reading(values, volume.affine)


def _check_written(volume: Volume, target: Path) -> None:
    """Read a result and compare it with what was to be written."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            back = formats.read(target)
    except DeskullError as error:
        raise _OtherDataError(f"cannot be read back: {error}") from None
    with np.errstate(all="ignore"):
        found = differences(Reading(back.values(), back.affine), Reading(volume.values(), volume.affine))
    if found:
        raise _OtherDataError(f"{target.name} reads back with other {' and '.join(found)}")


@cache
def _stripper() -> Stripper:
    """Return the pipeline with a sphere about the grid's centre in place of the network's answer."""
    stripper = Stripper("small", threads=1)
    voxel_size = stripper.model.preprocessing.output_voxel_size
    stride = stripper.model.preprocessing.stride

    def sphere(image: Any) -> Any:
        shape = [size // stride for size in image.shape]
        axes = np.meshgrid(*(np.arange(size) - (size - 1) / 2 for size in shape), indexing="ij", sparse=True)
        distance = np.sqrt(sum(axis**2 for axis in axes)) * voxel_size - 55
        return np.stack([np.clip(distance, -10, 10).astype(np.float32)] * len(stripper.model.surfaces))

    stripper._predictor = replace(stripper._predictor, engine=sphere)
    return stripper


@cache
def _scratch() -> Path:
    """Return the folder of this process."""
    return Path(tempfile.mkdtemp(prefix=f"fuzz{os.getppid()}-"))


@cache
def _prepare() -> None:
    """Load what every mutant needs."""
    _stripper()
    for name in ("nii", "nrrd-raw", "mha-raw", "dicom-file"):
        _expected(name)
    sys.addaudithook(_refuse_network)


@contextmanager
def _bounded() -> Iterator[None]:
    """Limit what this process may map in addition to what it has, for a while."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size + int(MEMORY * 1.1), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections."""
    if event == "socket.connect":
        raise RuntimeError("opened a connection")


def _forget_peak() -> None:
    """Reset the largest resident size of this process (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """Return the largest resident size of this process since then, or of a child ever, in bytes."""
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(int(line.split()[1]), children) * 1024.0


@contextmanager
def _captured() -> Iterator[tuple[list[str], list[warnings.WarningMessage]]]:
    """Collect what is printed, also by compiled code and other programs, and the warnings."""
    printed = [""]
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as file, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ResourceWarning)  # these and the next are not shown to users
        warnings.simplefilter("ignore", DeprecationWarning)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield printed, told
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, descriptor in enumerate(kept, 1):
                os.dup2(descriptor, number)
                os.close(descriptor)
            file.seek(0)
            printed[0] = file.read(2000).decode("utf-8", "replace").strip()
