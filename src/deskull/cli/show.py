"""``deskull show``: a picture of a scan and its mask."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import refuse_inputs


class Convention(enum.StrEnum):
    """Which side of the patient the left of the picture shows."""

    radiological = "radiological"
    neurological = "neurological"


def show(
    scan: Annotated[Path, typer.Argument(help="The raw scan.", show_default=False)],
    mask: Annotated[Path, typer.Argument(help="Its mask.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="The PNG to write.")],
    convention: Annotated[Convention, typer.Option(help="Stated on the picture.")] = Convention.radiological,
    slices: Annotated[int, typer.Option(min=1, max=30, help="Slices a plane.")] = 5,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a picture that is there.")] = False,
) -> None:
    """Draw a mosaic in three planes: the contour over the raw scan, the stripped brain beside it."""
    from deskull.formats import read
    from deskull.report.mosaic import draw_mosaic, save_picture
    from deskull.system.atomic import refuse_existing

    refuse_inputs(out, (scan, mask))
    refuse_existing(out, overwrite)
    picture = draw_mosaic(read(scan), read(mask), slices=slices, convention=convention.value, title=scan.name)
    save_picture(picture, out, overwrite=overwrite)
    print(out)
