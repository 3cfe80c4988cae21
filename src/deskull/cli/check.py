"""``deskull check``: how far the masks of any tool can be trusted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskull.cli import options
from deskull.cli.console import (
    USER_ERRORS,
    error_text,
    print_message,
    print_note,
    print_warning,
    refuse_inputs,
)
from deskull.cli.options import DEFAULTS
from deskull.cli.progress import progress_bar
from deskull.cli.verdicts import Verdicts
from deskull.cli.wording import on_one_line

if TYPE_CHECKING:
    from deskull.checking.judging import Checked
    from deskull.checking.pairs import Pair, Pairing
    from deskull.report.check_outputs import CheckOutputs


_Scan = Annotated[
    Path,
    typer.Argument(
        metavar="SCAN",
        help="Raw scan; a folder of scans; a raw BIDS dataset; or, alone, a table (.tsv, .csv) with the columns scan "
        "and mask.",
        show_default=False,
    ),
]
_Mask = Annotated[
    Path | None,
    typer.Argument(
        metavar="MASK",
        help="Its mask by any tool; a folder of masks named like the scans; or BIDS derivatives with brain masks.",
        show_default=False,
    ),
]
_Out = Annotated[
    Path | None, typer.Option("-o", "--out", help="TSV file with a line for each mask.", show_default=False)
]
_Pictures = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Write a picture of each mask: both contours, where they differ most.",
        show_default=False,
    ),
]
_Report = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Write a page of all masks, worst first; see 'deskull report'.", show_default=False
    ),
]
_QualityFile = Annotated[
    bool,
    typer.Option(
        "--quality-file",
        help="Write X_quality.json for each mask, which states how far it can be trusted, beside the table of -o.",
    ),
]
_Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace an existing table, files of quality, pictures and report.")
]


def check(
    scan: _Scan,
    mask: _Mask = None,
    out: _Out = None,
    pictures: _Pictures = None,
    report: _Report = None,
    quality_file: _QualityFile = False,
    as_json: options.AsJsonOfMasks = False,
    strict: options.Strict = False,
    overwrite: _Overwrite = False,
    threads: options.Threads = DEFAULTS.threads,
) -> None:
    """Judge masks by any tool or hand: each is compared with what the network finds in the scan.

    Definitions of the brain differ by a constant distance: up to 2 mm are reported and do not count as a fault.
    """
    from deskull.checking.finding import find_pairs
    from deskull.report.check_outputs import Wanted, check_outputs

    pairing = find_pairs(scan, mask)
    if out is not None:
        refuse_inputs(out, (scan, *(path for pair in pairing.pairs for path in (pair.scan, pair.mask))))
    wanted = Wanted(out, pictures, report, overwrite, quality_file)
    wanted.check(pairing.pairs)
    _print_faults(pairing)
    verdicts = Verdicts(strict)
    if not pairing.pairs:
        verdicts.finish(has_failed=True)
    with check_outputs(wanted, pairing.pairs) as outputs:
        n_failed = _check_all(pairing.pairs, outputs, verdicts, threads, as_json=as_json)
        page = outputs.write_report(progress_bar("drawing"))
    if out is not None:
        print_note(f"{outputs.count} masks; table in {out}")
    if page:
        print_note(f"open in a browser: {page}")
    verdicts.finish(has_failed=bool(pairing.faults or n_failed))


def _print_faults(pairing: Pairing) -> None:
    """Say which masks and scans are left out, and which could not be paired."""
    for text in pairing.left_out:
        print_warning(text)
    for text in pairing.faults:
        print_message(f"error: {text}")


def _check_all(
    pairs: Sequence[Pair], outputs: CheckOutputs, verdicts: Verdicts, threads: int | None, *, as_json: bool
) -> int:
    """Check masks, print what is found and add it to the outputs and the verdicts; returns how many could not be."""
    from deskull.checking.judging import check_pair
    from deskull.pipeline import Stripper

    stripper, n_failed = Stripper(threads=threads), 0
    for pair in progress_bar("checking")(iter(pairs), len(pairs)):
        try:
            checked = check_pair(stripper, pair)
        except USER_ERRORS as error:
            print_message(f"error: {error_text(error)}")
            outputs.add_failure(pair, error_text(error))
            n_failed += 1
            continue
        _print(checked, as_json)
        verdicts.add(str(pair.mask), checked.quality)
        n_failed += not _has_added(checked, outputs)
    return n_failed


def _has_added(checked: Checked, outputs: CheckOutputs) -> bool:
    """Add a mask to the outputs; returns False if one of its files could not be written."""
    try:
        outputs.add(checked)
    except USER_ERRORS as error:
        print_message(f"error: {error_text(error)}")
        return False
    return True


def _print(checked: Checked, as_json: bool) -> None:
    """Print what is said of a mask."""
    from deskull.checking.records import fields_of, line_of

    print(json.dumps(fields_of(checked)) if as_json else on_one_line(line_of(checked)), flush=True)
