"""``deskull bids``: a BIDS App; raw datasets in, derivatives out."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from deskull.cli import options
from deskull.cli.console import FAILED, say
from deskull.cli.running import run
from deskull.options import Frame, OutputKind, StripOptions


class Level(enum.StrEnum):
    """Levels of analysis."""

    participant = "participant"
    group = "group"


class SeveralValues(TyperCommand):
    """A command whose options take several values in a row, as BIDS Apps do: ``--participant-label 01 02``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat an option before each of its values."""
        several = {name for option in self.params if getattr(option, "multiple", False) for name in option.opts}
        spread: list[str] = []
        current, bare = "", False
        for arg in args:
            if arg.startswith("-"):
                if bare:
                    break
                name, equals, value = arg.partition("=")
                current, bare = (name, not equals) if name in several else ("", False)
                spread += [name, value] if current and equals else [] if current else [arg]
            else:
                spread += [current, arg] if current else [arg]
                bare = False
        if bare:
            ctx.fail(f"Option {current} needs a value.")
        return super().parse_args(ctx, spread)


def bids(
    bids_dir: Annotated[Path, typer.Argument(help="The raw dataset.", show_default=False)],
    out: Annotated[Path, typer.Argument(metavar="OUTPUT_DIR", help="The derivatives.", show_default=False)],
    level: Annotated[Level, typer.Argument(help="Strip scans, or list all masks in a table.", show_default=False)],
    participants: Annotated[
        list[str] | None,
        typer.Option("--participant-label", "--participant_label", help="Only these, as 01 or sub-01."),
    ] = None,
    sessions: Annotated[
        list[str] | None,
        typer.Option("--session-id", "--session_id", "--session-label", "--session_label", help="Only these sessions."),
    ] = None,
    suffixes: Annotated[
        list[str] | None, typer.Option("--suffix", help="Kinds of scans; by default T1w T2w FLAIR PDw.")
    ] = None,
    filter_file: Annotated[
        Path | None, typer.Option("--bids-filter-file", "--bids_filter_file", help="JSON file of further entities.")
    ] = None,
    nprocs: Annotated[int | None, typer.Option("--nprocs", "--n_procs", "--n-procs", help="Processes.")] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", "--omp-nthreads", "--omp_nthreads", help="Threads of each process.")
    ] = None,
    mem_gb: Annotated[float | None, typer.Option("--mem-gb", "--mem_gb", help="Memory to stay under, in GB.")] = None,
    work_dir: Annotated[
        Path | None, typer.Option("-w", "--work-dir", "--work_dir", help="Taken for callers' sake; nothing needs it.")
    ] = None,
    mask_only: options.MaskOnly = False,
    border: options.Border = 0.0,
    model: options.ModelName = "default",
    dry_run: Annotated[bool, typer.Option("--dry-run", "--dry_run", help="List what would be done.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Do again what is there.")] = False,
) -> None:
    """Strip the scans of a BIDS dataset; what is there already is not done again."""
    if level is Level.group:
        _group(out, nprocs or 1)
        return
    from deskull.batch import local as batch
    from deskull.batch.stripping import check_options
    from deskull.bids.participant import Query, describe, find_scans, plan, read_filters

    filters = read_filters(filter_file) if filter_file else ()
    scans = find_scans(bids_dir, Query(participants or (), sessions or (), suffixes or (), filters))
    jobs, each = batch.jobs_and_threads(len(scans), nprocs, threads)
    if mem_gb is not None:
        room = max(1, int(mem_gb / batch.GB_PER_PROCESS))
        jobs, each = batch.jobs_and_threads(len(scans), min(jobs, room), threads)
    settings = StripOptions(
        outputs=(OutputKind.brainmask,) if mask_only else (OutputKind.brainmask, OutputKind.brain),
        model=model,
        frame=Frame.mean,
        border=border,
        threads=each,
        overwrite=overwrite,
        resume=not overwrite,
    )
    check_options(settings)
    tasks = plan(bids_dir, out, scans, settings)
    if dry_run:
        for task in tasks:
            print(f"{task.scan} -> {task.mask}")
        return
    describe(bids_dir, out)
    run(tasks, settings, jobs)


def _group(out: Path, jobs: int) -> None:
    """Write the table of all masks."""
    from deskull.bids.group import group
    from deskull.bids.participant import TABLE

    count, problems = group(out, jobs)
    for problem in problems:
        say(f"error: {problem}")
    print(f"{count} masks -> {out / TABLE}")
    if problems:
        raise typer.Exit(FAILED)
