"""Options: the one statement of what can be chosen when a scan is read, stripped and written.

The command line, the Python API, batches, BIDS, Dask, nipype and pydra share `StripOptions`. Their help texts,
docstrings and the table in the documentation are drawn from the descriptions of its fields, so that every option is
described once.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from deskull.errors import UsageError

Documented = TypeVar("Documented", bound=Callable[..., Any])


class Surface(enum.StrEnum):
    """The surface that the mask follows."""

    brain = "brain"
    intracranial = "intracranial"


class Frame(enum.StrEnum):
    """How a 4-D series is masked."""

    each = "each"
    mean = "mean"


class EngineName(enum.StrEnum):
    """The inference engine that runs the network."""

    onnxruntime = "onnxruntime"
    openvino = "openvino"


class Device(enum.StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"


class OutputKind(enum.StrEnum):
    """Kinds of result files; each is the ending that is appended to the scan's name."""

    brainmask = "brainmask"
    brain = "brain"
    distance = "distance"
    brain_n4 = "brain_n4"
    seg = "seg"


class Group(enum.StrEnum):
    """Groups of options, by the headings under which ``deskull strip --help`` lists them."""

    outputs = "What to write"
    brain = "What counts as brain"
    scans = "Which scans"
    speed = "Speed"
    cluster = "Cluster"
    dicom = "DICOM"
    messages = "Messages"


@dataclass(frozen=True)
class Option:
    """Description of an option.

    Attributes
    ----------
    help : str
        One sentence or two, as help texts and docstrings show them; ``{unit}`` stands for the unit.
    group : Group
        The heading under which it is listed.
    unit : str
        Unit of a number.
    """

    help: str
    group: Group
    unit: str = ""


@dataclass(frozen=True)
class ReadOptions:
    """What a reader may do with files that it cannot trust.

    Attributes
    ----------
    series : str, optional
        Which series of a DICOM source: its position (``#2``), number, description or UID.
    allow_outside_data : bool
        Whether a detached header may name a data file outside its own folder.
    max_archive_gb : float
        Maximum size of what a zip archive of DICOM files may unpack to, in GB.
    """

    series: str | None = None
    allow_outside_data: bool = False
    max_archive_gb: float = 8.0


#: Largest number of threads that can be asked for: more are a slip of the keyboard, and each takes memory.
MAX_THREADS = 256
_READING = ReadOptions()


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
        bool, Option("Skip scans whose results all exist already; add only those that are missing.", Group.outputs)
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
        float,
        Option(
            "Distance from the surface in {unit} at which the mask ends; negative values lie inside.", Group.brain, "mm"
        ),
    ] = 0.0
    frame: Annotated[
        Frame, Option("Of a 4-D series, compute a mask for each frame or one mask from their mean.", Group.brain)
    ] = Frame.each
    model: Annotated[
        str, Option("Network to use: the name of a shipped model, or the path of an .onnx file.", Group.brain)
    ] = "default"
    allow_outside_data: Annotated[
        bool, Option("Let a detached header (NRRD, MetaImage) name a data file outside its own folder.", Group.scans)
    ] = _READING.allow_outside_data
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
    series: Annotated[
        str | None,
        Option("Series of a DICOM source to strip: its position (#2), number, description or UID.", Group.dicom),
    ] = _READING.series
    keep_identity: Annotated[
        bool,
        Option("Keep the patient's identity in the DICOM segmentation; by default it is left blank.", Group.dicom),
    ] = False
    max_archive_gb: Annotated[
        float, Option("Maximum size in {unit} to which a zip archive of DICOM files may unpack.", Group.dicom, "GB")
    ] = _READING.max_archive_gb

    def __post_init__(self) -> None:
        """Convert text to the enumerations and refuse values that are not allowed."""
        set_field = object.__setattr__
        for name, choices in (("surface", Surface), ("frame", Frame), ("engine", EngineName), ("device", Device)):
            set_field(self, name, parse_choice(name, getattr(self, name), choices))
        kinds = {OutputKind.brainmask, *(parse_choice("outputs", kind, OutputKind) for kind in self.outputs)}
        set_field(self, "outputs", tuple(kind for kind in OutputKind if kind in kinds))
        set_field(self, "model", str(self.model))
        check_threads(self.threads)
        _check_finite("border", self.border)
        _check_positive("timeout", self.timeout)
        _check_positive("max_archive_gb", self.max_archive_gb)

    @property
    def reading(self) -> ReadOptions:
        """The options that concern reading."""
        series = None if self.series == "all" else self.series
        return ReadOptions(series, self.allow_outside_data, self.max_archive_gb)


Choice = TypeVar("Choice", bound=enum.StrEnum)


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


def check_threads(threads: int | None) -> None:
    """Refuse a number of threads below 1 or above `MAX_THREADS`; None, for the default, passes.

    Raises
    ------
    UsageError
    """
    if threads is not None and not 1 <= threads <= MAX_THREADS:
        raise UsageError(f"must be at least 1 and at most {MAX_THREADS}.", parameter="threads", value=threads)


def _check_finite(name: str, value: float) -> None:
    """Refuse infinities and NaN."""
    if not math.isfinite(value):
        raise UsageError("must be a finite number.", parameter=name, value=value)


def _check_positive(name: str, value: float | None) -> None:
    """Refuse numbers that are not above 0."""
    if value is not None and not value > 0:
        raise UsageError("must be more than 0.", parameter=name, value=value)


@dataclass(frozen=True)
class OptionField:
    """A field of `StripOptions` with its description.

    Attributes
    ----------
    name : str
    kind : type
        Its type, without the description.
    default : object
    option : Option
    """

    name: str
    kind: Any
    default: Any
    option: Option

    @property
    def help(self) -> str:
        """The description, in which ``{unit}`` is replaced by the unit."""
        return self.option.help.replace("{unit}", self.option.unit)

    @property
    def type_text(self) -> str:
        """The type as numpydoc writes it: ``{"brain", "intracranial"}``, ``float``, ``int, optional``."""
        kind = self.kind
        if isinstance(kind, type) and issubclass(kind, enum.StrEnum):
            return "{" + ", ".join(f'"{choice}"' for choice in kind) + "}"
        if get_origin(kind) is tuple:
            return f"tuple of {OptionField('', get_args(kind)[0], None, self.option).type_text}"
        names = [part.__name__ for part in get_args(kind) or (kind,) if part is not type(None)]
        return " or ".join(names) + (", optional" if self.default is None else "")

    @property
    def default_text(self) -> str:
        """The default as documentation shows it; empty if there is none."""
        if self.default is None:
            return ""
        return ", ".join(self.default) if isinstance(self.default, tuple) else f"{self.default}"


@cache
def option_fields() -> dict[str, OptionField]:
    """Return the fields of `StripOptions` by name."""
    hints = get_type_hints(StripOptions, include_extras=True)
    described = {}
    for field in dataclasses.fields(StripOptions):
        kind, option = get_args(hints[field.name])
        described[field.name] = OptionField(field.name, kind, field.default, option)
    return described


def describe_options(function: Documented) -> Documented:
    """Fill in the descriptions of options in a docstring: a line ``%(border)s`` becomes the entry of that option.

    The line ``%(all_options)s`` becomes the entries of all options. As in nilearn's ``fill_doc``.
    """
    lines = []
    for line in (function.__doc__ or "").splitlines():
        text = line.strip()
        name = text.removeprefix("%(").removesuffix(")s")
        if f"%({name})s" != text:
            lines.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip())]
        described = option_fields().values() if name == "all_options" else (option_fields()[name],)
        for field in described:
            default = f", default: {field.default_text}" if field.default_text else ""
            lines += [f"{indent}{field.name} : {field.type_text}{default}", f"{indent}    {field.help}"]
    function.__doc__ = "\n".join(lines) if lines else function.__doc__
    return function


describe_options(StripOptions)


def options_table() -> str:
    """Return a Markdown table of all options, as the documentation shows it."""
    lines = ["| option | values | default | what it does |", "|---|---|---|---|"]
    for field in option_fields().values():
        values = field.type_text.removesuffix(", optional")
        lines.append(f"| `{field.name}` | {values} | {field.default_text or 'none'} | {field.help} |")
    return "\n".join(lines) + "\n"
