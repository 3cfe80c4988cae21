"""``deskull bids``: a BIDS App; raw datasets in, derivatives out."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any

import typer

from deskull.cli import options
from deskull.cli.console import FAILED, print_message, print_note
from deskull.cli.examples import CommandWithExamples
from deskull.cli.options import DEFAULTS
from deskull.cli.report import ReportAfterwards, report_afterwards
from deskull.cli.running import run
from deskull.cli.verdicts import check_strict
from deskull.cli.wording import command_line_text
from deskull.errors import UsageError
from deskull.options import Group, OutputKind, StripOptions


class Level(enum.StrEnum):
    """Levels of analysis."""

    participant = "participant"
    group = "group"


class MultipleValuesCommand(CommandWithExamples):
    """A command whose options take several values, as those of BIDS Apps do: ``--participant-label 01 02``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat such an option before each of its values."""
        multiple = {name for option in self.params if getattr(option, "multiple", False) for name in option.opts}
        repeated: list[str] = []
        option, needs_value = "", False
        for arg in args:
            if arg.startswith("-"):
                if needs_value:
                    break
                name, equals, value = arg.partition("=")
                option, needs_value = (name, not equals) if name in multiple else ("", False)
                repeated += [name, value] if option and equals else [] if option else [arg]
            else:
                repeated += [option, arg] if option else [arg]
                needs_value = False
        if needs_value:
            ctx.fail(f"Option {option} needs a value.")
        return super().parse_args(ctx, repeated)


def _option(group: Group, *flags: str, **settings: Any) -> Any:
    """Return an option with each of its names in the spelling of BIDS Apps too: ``--mem-gb`` and ``--mem_gb``."""
    both = [spelling for flag in flags for spelling in (flag, f"--{flag[2:].replace('-', '_')}")]
    return typer.Option(*dict.fromkeys(both), rich_help_panel=group, **settings)


BidsDir = Annotated[Path, typer.Argument(metavar="BIDS_DIR", help="The raw dataset.", show_default=False)]
OutputDir = Annotated[Path, typer.Argument(metavar="OUTPUT_DIR", help="The derivatives.", show_default=False)]
LevelChoice = Annotated[
    Level, typer.Argument(help="participant: strip the scans; group: list all masks in a table.", show_default=False)
]
Icv = Annotated[
    bool,
    _option(
        Group.outputs,
        "--icv",
        help="Also write desc-icv_mask, the intracranial mask at its default border, and report its volume.",
    ),
]
DryRun = Annotated[bool, _option(Group.outputs, "--dry-run", help="List the scans and their masks; strip nothing.")]
Participants = Annotated[
    list[str] | None, _option(Group.scans, "--participant-label", help="Only these participants, as 01 or sub-01.")
]
Sessions = Annotated[
    list[str] | None, _option(Group.scans, "--session-id", "--session-label", help="Only these sessions.")
]
Suffixes = Annotated[
    list[str] | None, _option(Group.scans, "--suffix", help="Suffixes to strip; by default T1w T2w FLAIR PDw.")
]
FilterFile = Annotated[
    Path | None, _option(Group.scans, "--bids-filter-file", help="JSON file with entities that scans must have.")
]
Processes = Annotated[
    int | None, _option(Group.speed, "--nprocs", "--n-procs", help="Number of processes; see 'deskull strip'.")
]
Threads = Annotated[
    int | None, _option(Group.speed, "--threads", "--omp-nthreads", help="Number of threads in each process.")
]
MaxMemory = Annotated[float | None, _option(Group.speed, "--mem-gb", help="Maximum memory of all processes, in GB.")]
WorkDir = Annotated[
    Path | None,
    typer.Option("-w", "--work-dir", "--work_dir", rich_help_panel=Group.speed, help="Accepted, but not needed."),
]


def bids(
    bids_dir: BidsDir,
    out: OutputDir,
    level: LevelChoice,
    mask_only: options.MaskOnly = False,
    icv: Icv = False,
    overwrite: options.Overwrite = DEFAULTS.overwrite,
    dry_run: DryRun = False,
    report: ReportAfterwards = False,
    border: options.Border = DEFAULTS.border,
    quality: options.QualityChoice = DEFAULTS.quality,
    strict: options.Strict = False,
    frame: options.FrameChoice = DEFAULTS.frame,
    model: options.ModelName = DEFAULTS.model,
    participants: Participants = None,
    sessions: Sessions = None,
    suffixes: Suffixes = None,
    filter_file: FilterFile = None,
    nprocs: Processes = None,
    threads: Threads = None,
    mem_gb: MaxMemory = None,
    timeout: options.Timeout = DEFAULTS.timeout,
    work_dir: WorkDir = None,
) -> None:
    """Strip the scans of a BIDS dataset; scans with results are not stripped again."""
    check_strict(strict, quality)
    if level is Level.group:
        if strict:
            raise UsageError("--strict: applies to the participant level; the group level lists the verdicts.")
        with report_afterwards(report, out, nprocs, may_replace=True):
            _write_group_table(out, nprocs or 1)
        return
    from deskull.batch import stripping
    from deskull.bids.entities import read_filters
    from deskull.bids.failures import RECORDS
    from deskull.bids.finding import Query, find_scans
    from deskull.bids.participant import describe, plan

    filters = read_filters(filter_file) if filter_file else ()
    scans = find_scans(bids_dir, Query(participants or (), sessions or (), suffixes or (), filters))
    jobs, threads_each = _jobs_and_threads(len(scans), nprocs, threads, mem_gb)
    settings = StripOptions(
        outputs=_outputs(mask_only, icv), model=model, border=border, quality=quality, frame=frame,
        threads=threads_each, timeout=timeout, overwrite=overwrite, resume=not overwrite,
    )  # fmt: skip
    stripping.check_options(settings)
    tasks = plan(bids_dir, out, scans, settings)
    if dry_run:
        for task in tasks:
            print(f"{task.scan} -> {task.mask}")
        return
    describe(bids_dir, out)
    with report_afterwards(report, out, jobs, may_replace=True):  # the batch may continue an earlier one
        run(tasks, settings, jobs, table=out / RECORDS, strict=strict)


def _outputs(mask_only: bool, icv: bool) -> tuple[OutputKind, ...]:
    """Return the kinds of files that the options ask for."""
    requested = {OutputKind.brainmask: True, OutputKind.brain: not mask_only, OutputKind.icvmask: icv}
    return tuple(kind for kind, is_requested in requested.items() if is_requested)


def _jobs_and_threads(scans: int, nprocs: int | None, threads: int | None, mem_gb: float | None) -> tuple[int, int]:
    """Return the number of processes, no more than the memory allows, and the number of threads in each."""
    from deskull.batch import local

    jobs, threads_each = local.jobs_and_threads(scans, nprocs, threads)
    if mem_gb is None:
        return jobs, threads_each
    jobs_in_memory = max(1, int(mem_gb / local.GB_PER_PROCESS))
    return local.jobs_and_threads(scans, min(jobs, jobs_in_memory), threads)


def _write_group_table(out: Path, jobs: int) -> None:
    """Write the table of all masks, and exit with a status of 1 if one of them cannot be read."""
    from deskull.bids.group import group
    from deskull.bids.participant import TABLE

    done = group(out, jobs)
    for fault in done.faults:
        print_message(f"error: {command_line_text(fault)}")
    if done.n_failed:
        failed = f"{done.n_failed} scan{'' if done.n_failed == 1 else 's'} failed at the participant level"
        print_note(f"{failed}; the column 'error' says why")
    print(f"{done.n_masks} masks -> {out / TABLE}")
    if done.faults:
        raise typer.Exit(FAILED)
