"""dcm2niix: a program in a process of its own, with limits on its time, its memory and the size of what it writes."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deskull.errors import InputError
from deskull.formats.dicom.headers import Image
from deskull.formats.dicom.libraries import require

#: Maximum time for a series in seconds.
MAX_SECONDS = 600.0
#: Maximum size of a file that dcm2niix writes, in multiples of the size of the series; it may resample and unpack.
_OUTPUT_RATIO, _OUTPUT_BYTES = 64, 256_000_000
_MEMORY_BYTES = 1_500_000_000
#: Lines of dcm2niix that say what is wrong, and the parts of them that may name files or quote headers.
_WARNING = re.compile(r"^(?:Warning|Error|Unsupported)[: ].*", re.MULTILINE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\S*[/\\]\S*")
_LONGEST_QUOTE = 120


def convert(images: Sequence[Image], folder: Path, name: str) -> tuple[list[Path], str]:
    """Convert the images of a series to NIfTI.

    Parameters
    ----------
    images : sequence of Image
    folder : Path
        Empty; dcm2niix reads and writes only in it.
    name : str
        What messages call the series.

    Returns
    -------
    files : list of Path
        NIfTI files in the order of their names, which are "image" and what dcm2niix appends to tell them apart; beside
        each lies a JSON file without the patient.
    warning : str
        The first warning of dcm2niix, without names of files and values of headers.

    Raises
    ------
    InputError
        If dcm2niix writes no image or takes longer than `MAX_SECONDS`.
    UsageError
        If it is not installed.
    """
    program = require("dcm2niix").bin
    source, target = folder / "in", folder / "out"
    source.mkdir()
    target.mkdir()
    for count, image in enumerate(images):
        (source / f"{count:06d}.dcm").symlink_to(image.path.resolve())
    size = sum(image.path.stat().st_size for image in images)
    output = _run(
        [program, "-z", "n", "-b", "y", "-ba", "y", "-f", "image", "-o", str(target), str(source)], folder, size, name
    )
    warning = next(iter(_WARNING.findall(output)), "")
    warning = " ".join(_QUOTED.sub("...", warning).split())[:_LONGEST_QUOTE]
    files = sorted(target.glob("*.nii"))
    if not files:
        reason = f" ({warning})" if warning else ""
        raise InputError(f"{name}: dcm2niix cannot convert it{reason}; check that its files are complete.")
    return files, warning


def _run(command: list[str], folder: Path, size: int, name: str) -> str:
    """Run dcm2niix and return the last part of what it prints.

    Its environment has nothing but the search path and the temporary folder, also as its home: it reads options from
    a file there.
    """
    environment = {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C"}
    if "SYSTEMROOT" in os.environ:  # Windows starts no program without it
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    log = folder / "log.txt"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, env=environment, cwd=folder
        )
        try:
            _limit(process.pid, size)
            process.wait(MAX_SECONDS)
        except subprocess.TimeoutExpired:
            fault = f"dcm2niix took longer than {MAX_SECONDS / 60:.0f} minutes"
            raise InputError(f"{name}: {fault}; check the series, or convert it yourself.") from None
        finally:
            process.kill()
            process.wait()
    with log.open("rb") as file:
        return file.read(1_000_000).decode("utf-8", errors="replace")


def _limit(process: int, size: int) -> None:
    """Limit the memory of a process and the size of the files that it writes, where the system can."""
    try:
        import resource

        limits = {
            resource.RLIMIT_FSIZE: _OUTPUT_BYTES + _OUTPUT_RATIO * size,
            resource.RLIMIT_AS: _MEMORY_BYTES + 2 * _OUTPUT_RATIO * size,
            resource.RLIMIT_CORE: 0,
        }
        for kind, most in limits.items():
            resource.prlimit(process, kind, (most, most))
    except (ImportError, AttributeError, OSError, ValueError):  # not Linux, or the process has ended
        return
