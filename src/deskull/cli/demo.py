"""``deskull demo``: make a head, strip it, show the pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.progress import stages_shown


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the files of the demo.")] = Path("demo"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of the scan: position, contrast and noise.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the files of an earlier demo.")] = False,
) -> None:
    """Make a synthetic head scan, strip it and write pictures."""
    from deskull import formats
    from deskull.demo import make_head
    from deskull.pipeline import strip
    from deskull.report.drawing import save_picture
    from deskull.report.mosaic import draw_mosaic

    scan = out / "head.nii.gz"
    formats.write(make_head(seed), scan, overwrite=overwrite)
    start = time.perf_counter()
    with stages_shown("stripping the synthetic head"):
        result = strip(scan)
    seconds = time.perf_counter() - start
    formats.write(result.mask, out / "head_brainmask.nii.gz", overwrite=overwrite)
    formats.write(result.brain, out / "head_brain.nii.gz", overwrite=overwrite)
    picture = draw_mosaic(result.scan, result.mask, title="deskull demo: synthetic head", slices=3, stripped=True)
    save_picture(picture, out / "head.png", overwrite=overwrite)
    print(f"made      {scan}")
    print(f"stripped  {out / 'head_brain.nii.gz'}: {result.volume_ml:.0f} ml of brain in {seconds:.1f} s")
    print(f"mask      {out / 'head_brainmask.nii.gz'}")
    print(f"picture   {out / 'head.png'}  <- look at this one")
