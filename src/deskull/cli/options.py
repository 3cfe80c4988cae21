"""Options that commands share, or that would make one too long to read."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from deskull.options import Device, EngineName, Frame, Surface

#: Table of a batch in its folder of results.
TABLE = "deskull.tsv"


class Queue(enum.StrEnum):
    """Queueing systems that start workers."""

    slurm = "slurm"
    pbs = "pbs"
    sge = "sge"
    lsf = "lsf"


Scans = Annotated[
    list[Path],
    typer.Argument(
        metavar="SCAN...",
        help="Head scans, 3-D or 4-D; folders of them; DICOM folders, files or zips; patterns; tables of 'deskull data "
        "index', CSV with a column scan, or text with a path a line.",
        show_default=False,
    ),
]
Out = Annotated[Path | None, typer.Option("-o", "--out", help="Folder for results; by default beside the scan.")]
MaskOnly = Annotated[bool, typer.Option("--mask-only", help="Write the mask but not the brain.")]
Border = Annotated[float, typer.Option(help="End the mask this many mm outside (negative: inside) the surface.")]
WhichSurface = Annotated[Surface, typer.Option(help="Brain with sulcal fluid, or also the fluid around it.")]
Distance = Annotated[bool, typer.Option("--distance", help="Also write the signed distance in mm.")]
BiasCorrect = Annotated[bool, typer.Option("--bias-correct", help="Also write the brain after N4.")]
WhichFrame = Annotated[Frame, typer.Option(help="Of a 4-D series: a mask of each frame, or of their mean.")]
ModelName = Annotated[str, typer.Option(help="A shipped model, or the path of an .onnx file.")]
WhichEngine = Annotated[EngineName, typer.Option(help="What runs the network.")]
WhichDevice = Annotated[Device, typer.Option(help="Use a GPU if onnxruntime-gpu finds one, or never.")]
Jobs = Annotated[int | None, typer.Option(help="Processes; by default one for a few scans, one a core for many.")]
Threads = Annotated[
    int | None, typer.Option(help="Threads of each process; by default the cores (up to 8) over --jobs.")
]
SeriesChoice = Annotated[
    str | None, typer.Option(metavar="N|all", help="Of DICOM with several series: this one, or each.")
]
DicomSeg = Annotated[bool, typer.Option("--dicom-seg", help="Of DICOM: also write X_seg.dcm, the mask as DICOM SEG.")]
KeepIdentity = Annotated[
    bool, typer.Option("--keep-identity", help="Let X_seg.dcm say whose it is, as archives need; else it is blank.")
]
Split = Annotated[str | None, typer.Option(help="Of a table: only the scans of this split.")]
Shard = Annotated[str | None, typer.Option(metavar="I/N", help="Only the I-th of N parts, for array jobs.")]
Scheduler = Annotated[str, typer.Option(metavar="tcp://HOST:PORT", help="Strip on the workers of this Dask scheduler.")]
ClusterKind = Annotated[Queue | None, typer.Option(help="Strip on --jobs workers started in this queue.")]
Memory = Annotated[str | None, typer.Option(help="Memory of each worker of --cluster; by default 2GB.")]
ClusterOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="Of --cluster: queue, account, walltime, ...")
]
Table = Annotated[
    Path | None,
    typer.Option(help=f"Add a line for each scan to this TSV file; with -o and several scans, {TABLE} there."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Leave out scans whose results are all there.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that are there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a scan.")]
