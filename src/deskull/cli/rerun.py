"""``deskull rerun``: a mask is made again from its sidecar, and the two are compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskull.cli import options
from deskull.cli.console import FAILED, print_note
from deskull.cli.options import DEFAULTS
from deskull.cli.progress import stages_shown
from deskull.cli.wording import on_one_line
from deskull.options import Group

if TYPE_CHECKING:
    from deskull.batch.rerunning import MaskComparison, Rerun


def rerun(
    sidecar: Annotated[Path, typer.Argument(metavar="SIDECAR", help="JSON file beside a mask.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="Folder for the results; by default none is kept.", rich_help_panel=Group.outputs
        ),
    ] = None,
    scan: Annotated[
        Path | None,
        typer.Option(help="The scan, if it does not lie where the sidecar says.", rich_help_panel=Group.scans),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="The network, if no installed network has that SHA-256.",
            rich_help_panel=Group.brain,
        ),
    ] = None,
    bval: options.BValuesFile = None,
    allow_outside_data: options.AllowOutsideData = DEFAULTS.allow_outside_data,
    max_archive_gb: options.MaxArchive = DEFAULTS.max_archive_gb,
    as_json: options.AsJsonOfMasks = False,
) -> None:
    """Reproduce the mask that a sidecar describes, and say whether it is the same.

    Scan and network must be the same files. The exit status is 1 if the masks differ.
    """
    from deskull.batch import rerunning

    with stages_shown(f"stripping the scan of {sidecar.name} again"):
        outcome = rerunning.rerun(
            sidecar,
            out,
            scan=scan,
            model=model,
            b_values=bval,
            allow_outside_data=allow_outside_data,
            max_archive_gb=max_archive_gb,
        )
    _print_machines(outcome)
    if as_json:
        print(json.dumps(outcome.as_dict()))
    else:
        print(on_one_line(f"{outcome.before.mask}: {_text(outcome.comparison)}"))
    if not outcome.comparison.is_identical:
        raise typer.Exit(FAILED)


def _text(compared: MaskComparison) -> str:
    """How the masks differ, in words."""
    if compared.is_identical:
        return f"identical, {compared.volume_ml:.0f} ml"
    voxels = f"{compared.n_different} of {compared.n_voxels} voxels differ, Dice {compared.dice:.5f}"
    return f"{voxels}, {compared.volume_ml:.2f} ml then and {compared.volume_ml_now:.2f} ml now"


def _print_machines(outcome: Rerun) -> None:
    """Print what differs between the machines, which may round differently."""
    before, now = outcome.before.machine, outcome.now.machine
    for name in (name for name in now if name in before and before[name] != now[name]):
        print_note(on_one_line(f"{name}: {before[name][:200]} then, {now[name]} now"))
