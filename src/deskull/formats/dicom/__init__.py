"""DICOM: series in, segmentations out."""

from deskull.formats.dicom.reading import (
    OUTPUT_SUFFIX,
    SUFFIXES,
    Series,
    choose,
    holds_dicom,
    is_dicom,
    list_series,
    opened,
    read,
)

__all__ = [
    "OUTPUT_SUFFIX",
    "SUFFIXES",
    "Series",
    "choose",
    "holds_dicom",
    "is_dicom",
    "list_series",
    "opened",
    "read",
]
