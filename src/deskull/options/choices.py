"""Choices: the values of the options that have a fixed set of them."""

from __future__ import annotations

import enum
from typing import TypeVar

from deskull.errors import UsageError

Choice = TypeVar("Choice", bound=enum.StrEnum)


class Surface(enum.StrEnum):
    """The surface that the mask follows."""

    brain = "brain"
    intracranial = "intracranial"


class Frame(enum.StrEnum):
    """How a 4-D series is masked."""

    mean = "mean"
    each = "each"


class EngineName(enum.StrEnum):
    """The inference engine that runs the network."""

    onnxruntime = "onnxruntime"
    openvino = "openvino"


class Device(enum.StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"


class QualityCheck(enum.StrEnum):
    """How much effort goes into judging a mask."""

    default = "default"
    thorough = "thorough"
    none = "none"


class Layout(enum.StrEnum):
    """How the files of a data set are arranged: `auto`, or the layout of a public data set."""

    auto = "auto"
    nfbs = "nfbs"
    synthstrip = "synthstrip"
    cc359 = "cc359"
    cc359_staple = "cc359-staple"
    cc359_manual = "cc359-manual"
    lpba40 = "lpba40"
    ixi_tiny = "ixi-tiny"
    ixi = "ixi"
    bids = "bids"


class OutputKind(enum.StrEnum):
    """Kinds of result files; each is the ending that is appended to the scan's name."""

    brainmask = "brainmask"
    brain = "brain"
    distance = "distance"
    brain_n4 = "brain_n4"
    seg = "seg"
    converted = "converted"
    icvmask = "icvmask"


#: Kinds that only scans in DICOM have.
DICOM_KINDS = (OutputKind.seg, OutputKind.converted)


def parse_choice(name: str, value: str, choices: type[Choice]) -> Choice:
    """Return the member of an enumeration that a text names.

    Parameters
    ----------
    name : str
        Of the parameter, for the error.
    value : str
    choices : type of enum.StrEnum

    Raises
    ------
    UsageError
    """
    try:
        return choices(value)
    except ValueError:
        raise UsageError(f"unknown; choose {' or '.join(choices)}.", parameter=name, value=value) from None
