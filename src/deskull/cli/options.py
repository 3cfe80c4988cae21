"""Options of ``deskull strip`` and ``deskull bids``: types, names and help texts.

The options of `deskull.options.StripOptions` take their help from there; those of the command line alone are described
here.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any

import typer

from deskull.options import Device, EngineName, Frame, Group, QualityCheck, StripOptions, Surface, option_fields
from deskull.system.model_folder import fetched_names

#: Name of the table of a batch in its folder of results.
TABLE = "deskull.tsv"
#: The defaults of all options.
DEFAULTS = StripOptions()


class Queue(enum.StrEnum):
    """Queueing systems that can start workers."""

    slurm = "slurm"
    pbs = "pbs"
    sge = "sge"
    lsf = "lsf"


def _described(name: str, *flags: str, **settings: Any) -> Any:
    """Return the typer option of a field of `StripOptions`, with its help and under its heading."""
    field = option_fields()[name]
    if field.kind is bool and not flags:
        flags = (f"--{name.replace('_', '-')}",)
    settings.setdefault("help", field.help)
    return typer.Option(*flags, rich_help_panel=field.option.group, **settings)


def _option(group: Group, *flags: str, **settings: Any) -> Any:
    """Return a typer option of the command line alone, under a heading."""
    return typer.Option(*flags, rich_help_panel=group, **settings)


def model_names(incomplete: str) -> list[str]:
    """Return the names of shipped and fetched models that begin with a text, for the shell; no model is loaded."""
    shipped = [path.stem for path in (Path(__file__).parents[1] / "models").glob("*.onnx")]
    return sorted(name for name in {*shipped, *fetched_names()} if name.startswith(incomplete))


def _path(text: str) -> Path:
    """Return a path; an empty one, which would mean the current folder, is refused: a variable may be unset."""
    if not text or "\0" in text:
        raise typer.BadParameter("the path is empty, or holds a null character")
    return Path(text)


Scans = Annotated[
    list[Path],
    typer.Argument(
        parser=_path,
        metavar="SCAN...",
        help="Head scans, 3-D or 4-D; folders of scans; DICOM folders, files or zip archives; patterns; tables of "
        "'deskull data index', CSV or TSV tables with a column scan, or text files with one path in each line.",
        show_default=False,
    ),
]

# What to write
Out = Annotated[
    Path | None,
    _option(
        Group.outputs,
        "-o",
        "--out",
        parser=_path,
        metavar="PATH",
        help="Folder for the results, which are written beside the scan by default; or, for one scan, the file of its "
        "brain, as in -o brain.nii.gz.",
    ),
]
MaskFile = Annotated[
    Path | None,
    _option(Group.outputs, "-m", "--mask", parser=_path, metavar="FILE", help="For one scan: the file of its mask."),
]
MaskOnly = Annotated[bool, _option(Group.outputs, "--mask-only", help="Write the mask alone.")]
Distance = Annotated[
    bool, _option(Group.outputs, "--distance", help="Also write the signed distance to the surface, in mm.")
]
BiasCorrect = Annotated[
    bool, _option(Group.outputs, "--bias-correct", help="Also write the brain after N4 bias field correction.")
]
Icv = Annotated[
    bool,
    _option(
        Group.outputs,
        "--icv",
        help="Also write X_icvmask, the intracranial mask at its default border, and report its volume.",
    ),
]
WriteSidecar = Annotated[bool, _described("sidecar", "--sidecar", "--provenance")]
QualityFile = Annotated[bool, _described("quality_file")]
Table = Annotated[
    Path | None,
    _option(
        Group.outputs,
        help=f"TSV file to which a line is added for each scan; by default {TABLE} in the folder of --out if there are "
        "several scans.",
    ),
]
Resume = Annotated[bool, _described("resume")]
Overwrite = Annotated[bool, _described("overwrite")]

# What counts as brain
SurfaceChoice = Annotated[Surface, _described("surface")]
Border = Annotated[float | None, _described("border", metavar="MM")]
FrameChoice = Annotated[Frame, _described("frame")]
BValuesFile = Annotated[
    Path | None,
    _option(
        Group.brain,
        "--bval",
        parser=_path,
        metavar="FILE",
        help="For one diffusion series: the file of its b-values, if none lies beside it (X.bval, X.bvals, bvals).",
    ),
]
QualityChoice = Annotated[QualityCheck, _described("quality")]
Strict = Annotated[
    bool,
    _option(
        Group.brain,
        "--strict",
        help="Exit with status 0 only if no verdict is fail: with 1 if one is, and with 3 if a scan failed or a mask "
        "could not be judged.",
    ),
]
ModelName = Annotated[str, _described("model", metavar="NAME|FILE", autocompletion=model_names)]

# Which scans
Split = Annotated[
    str | None, _option(Group.scans, help="Of a table of 'deskull data index', strip only the scans of this split.")
]
Shard = Annotated[
    str | None, _option(Group.scans, metavar="I/N", help="Strip only the I-th of N parts, for array jobs.")
]
AllowOutsideData = Annotated[bool, _described("allow_outside_data")]

# Speed
Jobs = Annotated[
    int | None,
    _option(
        Group.speed,
        help="Number of processes, or of workers with --cluster; by default one for a few scans and one for each core "
        "for many.",
    ),
]
Threads = Annotated[int | None, _described("threads")]
EngineChoice = Annotated[EngineName, _described("engine")]
DeviceChoice = Annotated[Device, _described("device")]
Timeout = Annotated[float | None, _described("timeout", metavar="SECONDS")]

# Cluster
Scheduler = Annotated[
    str,
    _option(Group.cluster, metavar="tcp://HOST:PORT", help="Strip on the workers of this Dask scheduler."),
]
ClusterQueue = Annotated[Queue | None, _option(Group.cluster, help="Start --jobs workers in this queueing system.")]
Memory = Annotated[
    str | None, _option(Group.cluster, help="Memory of each worker that --cluster starts; by default 2GB.")
]
ClusterOption = Annotated[
    list[str] | None,
    _option(Group.cluster, metavar="NAME=VALUE", help="Option of the queue (queue, account, walltime); repeatable."),
]

# DICOM
SeriesChoice = Annotated[
    str | None,
    _described("series", metavar="SERIES|all", help=f"{option_fields()['series'].help[:-1]}; or all of them."),
]
DicomSeg = Annotated[
    bool, _option(Group.dicom, "--dicom-seg", help="Also write X_seg.dcm, the mask as a DICOM segmentation.")
]
KeepIdentity = Annotated[bool, _described("keep_identity")]
MaxArchive = Annotated[float, _described("max_archive_gb", metavar="GB")]

# Messages
AsJson = Annotated[bool, _option(Group.messages, "--json", help="Print a JSON object for each scan.")]
AsJsonOfMasks = Annotated[bool, _option(Group.messages, "--json", help="Print a JSON object for each mask.")]
