"""``deskull data prepare``: bring the scans of a data set to a network's grid, once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import FAILED, needs_extra, print_message
from deskull.cli.progress import progress_bar


def prepare(
    data: Annotated[
        Path, typer.Argument(metavar="TABLE", help="Table written by 'deskull data index'.", show_default=False)
    ],
    cache: Annotated[Path, typer.Option("-o", "--out", help="Folder of the prepared scans.", show_default=False)],
    recipe: Annotated[str, typer.Option(help="Recipe whose preprocessing is used.")] = "article",
    n4: Annotated[
        bool | None, typer.Option("--n4/--no-n4", help="Correct the bias field of the whole head, or do not.")
    ] = None,
    n4_shrink: Annotated[
        int | None, typer.Option(min=1, help="N4 uses every N-th voxel along each axis.", metavar="N")
    ] = None,
    voxel_size: Annotated[float | None, typer.Option(help="Edge of the network's voxels in mm.")] = None,
    size: Annotated[
        tuple[int, int, int] | None, typer.Option(help="Fixed grid size in voxels, as 96 128 160.", metavar="X Y Z")
    ] = None,
    intensity: Annotated[str | None, typer.Option(help="Scaling: rescale, standardise or bytes.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Number of processes; by default the number of cores, up to 8.")
    ] = None,
) -> None:
    """Correct, resample, crop and scale the scans of a data set; those prepared before are kept."""
    from deskull.data.cases import read_cases
    from deskull.data.prepare import prepare as run
    from deskull.preprocessing.settings import Preprocessing
    from deskull.system.leftovers import remove_leftovers
    from deskull.system.resources import default_threads

    with needs_extra("train"):
        from deskull.train.recipe_files import load_recipe

    settings = {"n4": n4, "n4_shrink": n4_shrink, "voxel_size": voxel_size, "size": size, "intensity": intensity}
    chosen = {name: value for name, value in settings.items() if value is not None}
    preprocessing = Preprocessing.of(load_recipe(recipe).preprocessing.as_dict() | chosen)
    remove_leftovers(cache)
    cases = read_cases(data)
    reused = failed = 0
    for outcome in progress_bar("preparing")(run(cases, preprocessing, cache, jobs or default_threads()), len(cases)):
        reused += outcome.cached
        if outcome.problem:
            failed += 1
            print_message(f"left out: {outcome.problem}")
    print(f"{cache}: {len(cases) - failed} of {len(cases)} scans prepared, {reused} of them before")
    if failed:
        raise typer.Exit(FAILED)
