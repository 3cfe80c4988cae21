"""``deskull show``: draw a scan and its mask."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import refuse_inputs


class Convention(enum.StrEnum):
    """Which side of the patient is on the left of the picture: the right one (radiological) or the left one."""

    radiological = "radiological"
    neurological = "neurological"


def show(
    scan: Annotated[Path, typer.Argument(help="Raw scan.", show_default=False)],
    mask: Annotated[Path, typer.Argument(help="Mask on the grid of the scan.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="PNG file to write.")],
    convention: Annotated[
        Convention, typer.Option(help="Side of the patient on the left of the picture; it is stated on the picture.")
    ] = Convention.radiological,
    slices: Annotated[int, typer.Option(min=1, max=30, help="Number of slices in each plane.")] = 5,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing picture.")] = False,
) -> None:
    """Draw slices in three planes: the contour of the mask on the raw scan, and the stripped brain beside it."""
    from deskull.formats import read
    from deskull.report.drawing import save_picture
    from deskull.report.mosaic import draw_mosaic
    from deskull.system.atomic import refuse_existing

    refuse_inputs(out, (scan, mask))
    refuse_existing(out, overwrite)
    picture = draw_mosaic(read(scan), read(mask), slices=slices, convention=convention.value, title=scan.name)
    save_picture(picture, out, overwrite=overwrite)
    print(out)
