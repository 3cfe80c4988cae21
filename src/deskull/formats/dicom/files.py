"""Which files are DICOM: told by their first bytes, whatever their names (PS3.10 section 7.1)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from deskull.errors import InputError
from deskull.formats.files import open_regular

#: How names of DICOM files often end. Files with such a name that are not DICOM are damaged.
DICOM_SUFFIXES = (".dcm", ".ima", ".dicom")
#: Files in folders whose names end like this are not opened: they never are DICOM, and a folder may hold many.
_OTHER_SUFFIXES = frozenset(
    {".nii", ".gz", ".hdr", ".mgz", ".mgh", ".nrrd", ".nhdr", ".mha", ".mhd", ".head", ".brik", ".mnc", ".par", ".rec"}
    | {".bvec", ".bval", ".json", ".csv", ".tsv", ".txt", ".md", ".log", ".html", ".xml", ".yaml", ".py", ".m", ".sh"}
    | {".pdf", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".zip", ".tar", ".npy", ".npz", ".mat"}
)
#: Number of bytes that are read to recognise a file.
SNIFFED_BYTES = 512
_PREAMBLE, _MAGIC = 128, b"DICM"
#: Groups with which a file without a preamble can begin: file meta information, or identification (PS3.6).
_FIRST_GROUPS = (0x0002, 0x0008)
_SHORT_VRS = b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split()
_LONG_VRS = b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split()


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM, told by its content; the table of contents of a disc (``DICOMDIR``) is not an image."""
    if path.name.upper() == "DICOMDIR":
        return False
    try:
        with open_regular(path) as file:
            return starts_like_dicom(file.read(SNIFFED_BYTES))
    except (OSError, InputError):
        return False


def starts_like_dicom(start: bytes) -> bool:
    """Whether the first `SNIFFED_BYTES` of a file are those of DICOM, with or without the preamble.

    Without the preamble, the first two data elements must be in order and belong to the first groups of the standard,
    little endian, with explicit or implicit value representation.
    """
    if start[_PREAMBLE : _PREAMBLE + len(_MAGIC)] == _MAGIC:
        return True
    first, end = _element(start, 0)
    second, _ = _element(start, end)
    return first < second and first >> 16 in _FIRST_GROUPS and second >> 16 in _FIRST_GROUPS


def _element(start: bytes, offset: int) -> tuple[int, int]:
    """Tag of the data element at an offset, and the offset of the next; tag 0 if there is none."""
    if offset + 12 > len(start):
        return 0, offset
    group, element = struct.unpack_from("<HH", start, offset)
    kind = start[offset + 4 : offset + 6]
    if kind in _SHORT_VRS:
        end = offset + 8 + int(struct.unpack_from("<H", start, offset + 6)[0])
    elif kind in _LONG_VRS:
        end = offset + 12 + int(struct.unpack_from("<I", start, offset + 8)[0])
    else:
        end = offset + 8 + int(struct.unpack_from("<I", start, offset + 4)[0])
    return group << 16 | element, end


def holds_dicom(folder: Path) -> bool:
    """Whether a folder itself (not those beneath it) holds a DICOM file other than a segmentation of deskull."""
    try:
        return any(path.is_file() and is_dicom(path) for path in _candidates(folder.iterdir()))
    except OSError:  # no permission to list it
        return False


def find_files(root: Path) -> tuple[list[Path], int]:
    """List the DICOM files of a folder and the folders beneath it, or of a single file.

    Parameters
    ----------
    root : Path

    Returns
    -------
    files : list of Path
        In the order of their names.
    damaged : int
        Number of files that are named like DICOM but are not DICOM.
    """
    named = [root] if root.is_file() else sorted(path for path in _candidates(root.rglob("*")) if path.is_file())
    files = [path for path in named if is_dicom(path)]
    others = set(named).difference(files)
    return files, sum(path.suffix.lower() in DICOM_SUFFIXES for path in others)


def _candidates(paths: Iterator[Path]) -> Iterator[Path]:
    """Leave out the paths whose names say that they are something else, and segmentations of deskull."""
    for path in paths:
        if path.suffix.lower() not in _OTHER_SUFFIXES and not path.name.endswith("_seg.dcm"):
            yield path
