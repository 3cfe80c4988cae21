"""``deskull data synthesise-nfbs``: a data set in the layout of NFBS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import needs_extra
from deskull.cli.progress import progress_bar


def synthesise_nfbs(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of the data set.", show_default=False)],
    labelmaps: Annotated[Path, typer.Option(help="Folder with whole-head label maps.", show_default=False)],
    cache: Annotated[Path | None, typer.Option(help="Folder of prepared anatomies (default: OUT/cache).")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other scans.")] = 1,
) -> None:
    """Make T1w heads with masks from label maps, as NFBS lays them out; again: only what is not there yet."""
    with needs_extra("train"):
        from deskull.system.memory import keep_freed_memory
        from deskull.train.synthesis.nfbs import plan_heads
        from deskull.train.synthesis.nfbs import synthesise_nfbs as run

    keep_freed_memory()
    heads = plan_heads(labelmaps, out)
    for _ in progress_bar("making heads")(run(labelmaps, out, cache or out / "cache", seed), len(heads)):
        pass
    print(f"{out}: {len(heads)} heads; next: deskull data index {out} -o {out / 'dataset.csv'}")
