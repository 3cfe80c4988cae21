"""``deskull data synthesise-nfbs``: a synthetic data set in the layout of NFBS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import needs_extra
from deskull.cli.progress import progress_bar


def synthesise_nfbs(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of the data set.", show_default=False)],
    labelmaps: Annotated[Path, typer.Option(help="Folder with label maps of whole heads.", show_default=False)],
    cache: Annotated[Path | None, typer.Option(help="Folder of prepared label maps; by default OUT/cache.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the images.")] = 1,
) -> None:
    """Make T1w scans with masks from label maps, in the layout of NFBS; existing scans are kept."""
    with needs_extra("train"):
        from deskull.system.memory import keep_freed_memory
        from deskull.train.synthesis.nfbs import plan_subjects
        from deskull.train.synthesis.nfbs import synthesise_nfbs as run

    keep_freed_memory()
    subjects = plan_subjects(labelmaps, out)
    for _ in progress_bar("making scans")(run(labelmaps, out, cache or out / "cache", seed), len(subjects)):
        pass
    print(f"{out}: {len(subjects)} scans with masks; next: deskull data index {out} -o {out / 'dataset.csv'}")
