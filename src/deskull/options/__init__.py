"""Options: the one statement of what can be chosen when a scan is read, stripped and written.

The command line, the Python API, batches, BIDS, Dask, nipype and pydra share `StripOptions`. Their help texts,
docstrings and the table in the documentation are drawn from the descriptions of its fields, so that every option is
described once.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar

from deskull.errors import UsageError
from deskull.options.choices import (
    DICOM_KINDS,
    Device,
    EngineName,
    Frame,
    Layout,
    OutputKind,
    QualityCheck,
    Surface,
    parse_choice,
)
from deskull.options.descriptions import Group, Option, OptionField, described_fields, fill_docstring

__all__ = [
    "DICOM_KINDS",
    "MAX_THREADS",
    "Device",
    "EngineName",
    "Frame",
    "Group",
    "Layout",
    "Option",
    "OptionField",
    "OutputKind",
    "QualityCheck",
    "ReadOptions",
    "StripOptions",
    "Surface",
    "check_second_mask",
    "check_threads",
    "describe_options",
    "option_fields",
    "options_table",
    "parse_choice",
]

Documented = TypeVar("Documented", bound=Callable[..., Any])

#: Largest number of threads that can be asked for: more are a slip of the keyboard, and each takes memory.
MAX_THREADS = 256

Series = Annotated[
    str | None,
    Option("Series of a DICOM source to strip: its position (#2), number, description or UID.", Group.dicom),
]
AllowOutsideData = Annotated[
    bool, Option("Let a detached header (NRRD, MetaImage) name a data file outside its own folder.", Group.scans)
]
MaxArchive = Annotated[
    float, Option("Maximum size in {unit} to which a zip archive of DICOM files may unpack.", Group.dicom, "GB")
]


@dataclass(frozen=True)
class ReadOptions:
    """What can be chosen when a file is read.

    Attributes
    ----------
    %(series)s
    %(allow_outside_data)s
    %(max_archive_gb)s
    """

    series: Series = None
    allow_outside_data: AllowOutsideData = False
    max_archive_gb: MaxArchive = 8.0


_READING = ReadOptions()

#: Options with a fixed set of values.
_CHOICES: dict[str, type[enum.StrEnum]] = {
    "surface": Surface,
    "frame": Frame,
    "quality": QualityCheck,
    "engine": EngineName,
    "device": Device,
}


@dataclass(frozen=True)
class StripOptions:
    """Everything that can be chosen when a scan is read, stripped and written.

    Text is converted to the enumerations, and values that no network could use are refused.

    Attributes
    ----------
    %(all_options)s

    Raises
    ------
    UsageError
        If a value is not allowed; the error's ``parameter`` and ``value`` say which.
    """

    outputs: Annotated[
        tuple[OutputKind, ...], Option("Kinds of files to write; the mask is always one of them.", Group.outputs)
    ] = (OutputKind.brainmask, OutputKind.brain)
    overwrite: Annotated[bool, Option("Replace results that exist already.", Group.outputs)] = False
    resume: Annotated[
        bool,
        Option(
            "Skip scans whose results all exist already and add those that are missing. Results of other settings are "
            "refused; with overwrite they are replaced.",
            Group.outputs,
        ),
    ] = False
    sidecar: Annotated[
        bool,
        Option(
            "Also write X_brainmask.json (and X_icvmask.json), which states how the results were made: versions, "
            "network, all options, hashes, machine, time; and their volumes.",
            Group.outputs,
        ),
    ] = False
    quality_file: Annotated[
        bool,
        Option("Also write X_quality.json, which states how far the mask can be trusted, and why.", Group.outputs),
    ] = False
    surface: Annotated[
        Surface,
        Option(
            "Surface that the mask follows. brain: tissue, ventricles and the fluid in the sulci; intracranial: also "
            "the fluid around the brain.",
            Group.brain,
        ),
    ] = Surface.brain
    border: Annotated[
        float | None,
        Option(
            "Distance from the surface in {unit} at which the mask ends; negative values lie inside. By default the "
            "one on the network's card, chosen so that hardly any brain tissue is lost.",
            Group.brain,
            "mm",
        ),
    ] = None
    frame: Annotated[
        Frame,
        Option(
            "Masks of a 4-D series. mean: one mask, from the mean of its frames (the b=0 frames where its b-values are "
            "known; otherwise all but the first three of at least ten); each: a mask for each frame.",
            Group.brain,
        ),
    ] = Frame.mean
    quality: Annotated[
        QualityCheck,
        Option(
            "Whether to judge how far each mask can be trusted. default: judge it; thorough: let a second network look "
            "at the scan and its mirror image, too, for half a second more; none: do not.",
            Group.brain,
        ),
    ] = QualityCheck.default
    model: Annotated[
        str,
        Option("Network to use: the name of a shipped or fetched model, or the path of an .onnx file.", Group.brain),
    ] = "default"
    allow_outside_data: AllowOutsideData = _READING.allow_outside_data
    engine: Annotated[EngineName, Option("Inference engine that runs the network.", Group.speed)] = (
        EngineName.onnxruntime
    )
    device: Annotated[
        Device,
        Option("auto: use a GPU if onnxruntime-gpu finds one; cpu: never use a GPU.", Group.speed),
    ] = Device.auto
    threads: Annotated[
        int | None,
        Option("Maximum number of threads in each process; by default the available cores, up to 8.", Group.speed),
    ] = None
    timeout: Annotated[
        float | None,
        Option(
            "Maximum time in {unit} for each scan, which fails if it takes longer; by default 900 in a batch and "
            "unlimited for a single scan; inf: unlimited.",
            Group.speed,
            "seconds",
        ),
    ] = None
    series: Series = _READING.series
    keep_identity: Annotated[
        bool,
        Option("Keep the patient's identity in the DICOM segmentation; by default it is left blank.", Group.dicom),
    ] = False
    max_archive_gb: MaxArchive = _READING.max_archive_gb

    def __post_init__(self) -> None:
        """Convert text to the enumerations and refuse values that are not allowed."""
        set_field = object.__setattr__
        for name, choices in _CHOICES.items():
            set_field(self, name, parse_choice(name, getattr(self, name), choices))
        kinds = {OutputKind.brainmask, *(parse_choice("outputs", kind, OutputKind) for kind in self.outputs)}
        if OutputKind.icvmask in kinds:
            check_second_mask(self.surface)
        if self.quality_file and self.quality is QualityCheck.none:
            fault = "states nothing with quality='none'; leave one of the two out."
            raise UsageError(fault, parameter="quality_file")
        set_field(self, "outputs", tuple(kind for kind in OutputKind if kind in kinds))
        set_field(self, "model", str(self.model))
        check_threads(self.threads)
        if self.border is not None:
            _check_finite("border", self.border)
        _check_positive("timeout", self.timeout)
        _check_positive("max_archive_gb", self.max_archive_gb)

    @property
    def reading(self) -> ReadOptions:
        """The options that concern reading."""
        series = None if self.series == "all" else self.series
        return ReadOptions(series, self.allow_outside_data, self.max_archive_gb)


def check_threads(threads: int | None) -> None:
    """Refuse a number of threads below 1 or above `MAX_THREADS`; None, for the default, passes.

    Raises
    ------
    UsageError
    """
    if threads is not None and not 1 <= threads <= MAX_THREADS:
        raise UsageError(f"must be at least 1 and at most {MAX_THREADS}.", parameter="threads", value=threads)


def check_second_mask(surface: str) -> None:
    """Refuse an intracranial mask beside a mask that is the intracranial one itself.

    Raises
    ------
    UsageError
    """
    if surface == Surface.intracranial:
        reason = "the mask of surface='intracranial' is the intracranial one already; leave one of the two out."
        raise UsageError(reason, parameter="outputs", value="icvmask")


def _check_finite(name: str, value: float) -> None:
    """Refuse infinities and NaN."""
    if not math.isfinite(value):
        raise UsageError("must be a finite number.", parameter=name, value=value)


def _check_positive(name: str, value: float | None) -> None:
    """Refuse numbers that are not above 0."""
    if value is not None and not value > 0:
        raise UsageError("must be more than 0.", parameter=name, value=value)


@cache
def option_fields() -> dict[str, OptionField]:
    """Return the fields of `StripOptions` with their descriptions, by name."""
    return described_fields(StripOptions)


def describe_options(documented: Documented) -> Documented:
    """Fill in the descriptions of options in the docstring of a function or class; see `fill_docstring`."""
    if documented.__doc__:
        documented.__doc__ = fill_docstring(documented.__doc__, option_fields())
    return documented


describe_options(StripOptions)
describe_options(ReadOptions)


def options_table() -> str:
    """Return a Markdown table of all options, as the documentation shows it."""
    lines = ["| option | values | default | what it does |", "|---|---|---|---|"]
    for field in option_fields().values():
        values = field.type_text.removesuffix(", optional")
        lines.append(f"| `{field.name}` | {values} | {field.default_text or 'none'} | {field.help} |")
    return "\n".join(lines) + "\n"
