"""DICOM: series are read as volumes, and masks are written as DICOM Segmentations.

A source is a folder of files, a zip archive or a multi-frame file. Files are recognised by their content.
"""

from deskull.formats.dicom.archive import opened
from deskull.formats.dicom.files import holds_dicom, is_dicom
from deskull.formats.dicom.reading import OUTPUT_SUFFIX, read
from deskull.formats.dicom.series import Series, choose, excluded, list_series, strippable

#: Suffixes of DICOM files and of archives of them; many DICOM files have none, or another.
SUFFIXES = (".dcm", ".ima", ".zip")

__all__ = [
    "OUTPUT_SUFFIX",
    "SUFFIXES",
    "Series",
    "choose",
    "excluded",
    "holds_dicom",
    "is_dicom",
    "list_series",
    "opened",
    "read",
    "strippable",
]
