"""``deskull check``: how far the masks of any tool can be trusted."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deskull.cli import options
from deskull.cli.console import FAILED, print_message, print_note, refuse_inputs
from deskull.cli.options import DEFAULTS
from deskull.cli.wording import on_one_line
from deskull.errors import DeskullError, UsageError, sentence

if TYPE_CHECKING:
    from deskull.evaluation.pairs import Pair
    from deskull.pipeline import Stripper
    from deskull.quality.verdict import Quality

#: Columns of the table.
_COLUMNS = ("scan", "mask", "verdict", "predicted_dice", "reason", "dice", "border_mm", "extra_ml", "missing_ml")


def check(
    scan: Annotated[Path, typer.Argument(help="Raw scan, or a folder of scans.", show_default=False)],
    mask: Annotated[
        Path,
        typer.Argument(help="Its mask by any tool, or a folder of masks named like the scans.", show_default=False),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="TSV file with a line for each mask.", show_default=False)
    ] = None,
    as_json: options.AsJson = False,
    strict: options.Strict = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing table.")] = False,
    threads: options.Threads = DEFAULTS.threads,
) -> None:
    """Judge masks by any tool or hand: each is compared with what the network finds in the scan.

    Definitions of the brain differ by a constant distance, which is reported and does not count as a fault.
    """
    from deskull.evaluation.pairs import find_pairs
    from deskull.pipeline import Stripper
    from deskull.system.atomic import refuse_existing, write_bytes

    if out is not None:
        refuse_inputs(out, (scan, mask))
        refuse_existing(out, overwrite)
    pairs, stripper = find_pairs(mask, scan), Stripper(threads=threads)
    rows, failed, distrusted = [], 0, 0
    for pair in pairs:
        try:
            quality = _judge(stripper, pair)
        except DeskullError as error:
            failed += 1
            print_message(f"error: {sentence(error)}")
            continue
        distrusted += quality.verdict == "fail"
        rows.append(_row(pair, quality))
        _print(pair, quality, as_json)
    if out is not None:
        text = io.StringIO()
        writer = csv.DictWriter(text, _COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_bytes(out, text.getvalue().encode(), overwrite=overwrite)
        print_note(f"{len(rows)} masks; table in {out}")
    if failed or (strict and distrusted):
        raise typer.Exit(FAILED)


def _judge(stripper: Stripper, pair: Pair) -> Quality:
    """Strip a scan and judge the mask that is given for it.

    Raises
    ------
    InputError
        If one of them cannot be used.
    UsageError
        If they do not lie on the same grid.
    """
    from deskull.formats import read
    from deskull.masking import binarise
    from deskull.quality.given import compare_with, judge_given

    given = read(pair.predicted)
    result = stripper.strip(pair.reference, border=0.0)
    if given.shape != result.mask.shape:
        shapes = " and ".join("x".join(map(str, volume.shape)) for volume in (given, result.mask))
        raise UsageError(f"{pair.predicted}: has not the shape of the scan ({shapes}); resample it to the scan's grid.")
    assert result.quality is not None
    comparison = compare_with(result.distance.data, binarise(given).astype(bool), result.mask.voxel_ml)
    return judge_given(result.quality, comparison)


def _row(pair: Pair, quality: Quality) -> dict[str, Any]:
    """Return a line of the table."""
    compared = {name: quality.measures[f"given_{name}"] for name in ("dice", "border_mm", "extra_ml", "missing_ml")}
    return {
        "scan": str(pair.reference),
        "mask": str(pair.predicted),
        **quality.cells(),
        **{name: f"{value:.4g}" for name, value in compared.items()},
    }


def _print(pair: Pair, quality: Quality, as_json: bool) -> None:
    """Print what is said of a mask."""
    if as_json:
        print(
            json.dumps({"scan": str(pair.reference), "mask": str(pair.predicted), "quality": quality.as_dict()}),
            flush=True,
        )
        return
    dice, border = quality.measures["given_dice"], quality.measures["given_border_mm"]
    fit = f"Dice {dice:.3f} with the network's mask at a border of {border:g} mm"
    reasons = " ".join(quality.reasons)
    print(on_one_line(f"{pair.predicted}: {quality.summary()}; {fit}. {reasons}".rstrip()), flush=True)
