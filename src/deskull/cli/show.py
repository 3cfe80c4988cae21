"""``deskull show``: draw a scan and its mask."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskull.cli import options
from deskull.cli.console import refuse_inputs
from deskull.cli.options import DEFAULTS
from deskull.cli.progress import stages_shown
from deskull.errors import UsageError

if TYPE_CHECKING:
    from deskull.volume import Volume


class Convention(enum.StrEnum):
    """Which side of the patient is on the left of the picture: the right one (radiological) or the left one."""

    radiological = "radiological"
    neurological = "neurological"


def show(
    scan: Annotated[Path, typer.Argument(metavar="SCAN", help="Raw scan.", show_default=False)],
    mask: Annotated[
        Path | None,
        typer.Argument(
            metavar="MASK", help="Mask on the grid of the scan; without one, the scan is stripped.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Picture to write: .png, .jpg, .webp or .tif.", show_default=False)
    ] = ...,  # type: ignore[assignment]  # required
    convention: Annotated[
        Convention, typer.Option(help="Side of the patient on the left of the picture; it is stated on the picture.")
    ] = Convention.radiological,
    slices: Annotated[int, typer.Option(min=1, max=60, help="Number of slices in each plane.")] = 6,
    stripped: Annotated[bool, typer.Option("--stripped", help="Draw the stripped brain below each row.")] = False,
    scale: Annotated[float, typer.Option(min=0.5, max=8, help="Pixels for each mm.")] = 2.0,
    width: Annotated[int, typer.Option(min=100, max=20000, help="Width in pixels at which rows are wrapped.")] = 1600,
    border: options.Border = None,
    model: options.ModelName = DEFAULTS.model,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing picture.")] = False,
) -> None:
    """Draw slices in three planes with the contour of the mask, their orientation and a scale bar.

    Without a mask the scan is stripped first; nothing but the picture is written.
    """
    from deskull.formats import read
    from deskull.report.drawing import picture_format, save_picture
    from deskull.report.mosaic import draw_mosaic
    from deskull.system.atomic import refuse_existing

    picture_format(out)
    refuse_inputs(out, (scan,) if mask is None else (scan, mask))
    refuse_existing(out, overwrite)
    if mask is not None and (border is not None or model != DEFAULTS.model):
        raise UsageError("--border and --model: apply to a scan that is stripped; leave the mask out.")
    shown, shown_mask = _stripped(scan, border, model) if mask is None else (read(scan), read(mask))
    picture = draw_mosaic(
        shown,
        shown_mask,
        slices=slices,
        convention=convention.value,
        title=scan.name,
        stripped=stripped,
        scale=scale,
        width=width,
    )
    save_picture(picture, out, overwrite=overwrite)
    print(out)


def _stripped(scan: Path, border: float | None, model: str) -> tuple[Volume, Volume]:
    """Return a scan and the mask that the network gives it."""
    from deskull.pipeline import Stripper

    with stages_shown(f"stripping {scan.name}"):
        result = Stripper(model).strip(scan, border=border)
    return result.scan, result.mask
