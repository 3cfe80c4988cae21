"""``deskull drift``: whether new scans, and their masks, differ from a reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskull.cli.console import print_note, refuse_inputs
from deskull.errors import UsageError

if TYPE_CHECKING:
    from deskull.quality.drift.cohorts import Cohort
    from deskull.quality.drift.findings import Findings


_Source = Annotated[
    Path,
    typer.Argument(
        metavar="TABLE|FOLDER",
        help="Folder of masks with their quality (X_quality.json, of 'deskull strip --quality-file'), or a table of "
        "the same measures.",
        show_default=False,
    ),
]
Reference = Annotated[
    str | None,
    typer.Option(
        metavar="TABLE|FOLDER|NAME",
        help="What to compare with: a table or folder of the same kind, or a reference that ships with deskull.",
        show_default=False,
    ),
]
By = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Compare each scanner, site or protocol, or each value of any other column; time: find changes. "
        "Without --reference each group is compared with all others.",
        show_default=False,
    ),
]
_Window = Annotated[
    int | None, typer.Option(min=8, help="Scans of each rolling window with --by time; by default 20 or more.")
]
Sidecars = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the JSON files that describe the scans, such as the BIDS dataset; by default that of "
        "the masks.",
        show_default=False,
    ),
]
_Out = Annotated[
    Path | None,
    typer.Option(
        "-o", "--out", help="Page to write (.html), or a folder for drift.html and drift.json.", show_default=False
    ),
]
_SaveReference = Annotated[
    Path | None,
    typer.Option(help="Write the measures to this table (.tsv), as a reference for later.", show_default=False),
]


def drift(
    source: _Source,
    reference: Reference = None,
    by: By = None,
    window: _Window = None,
    sidecars: Sidecars = None,
    out: _Out = None,
    save_reference: _SaveReference = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
) -> None:
    """Tell whether scans (input) and masks (output) have drifted from a reference.

    The answer is one of four: nothing moved; new but handled; look at the masks; both moved.
    """
    from deskull.quality.drift.reading import read_cohort, write_reference

    files = _results(out)
    _check(source, reference, by, window, [*files.values(), *([save_reference] if save_reference else [])], overwrite)
    if "html" in files:
        from deskull.report.svg import require_matplotlib

        require_matplotlib("drift page")
    cohort = read_cohort(source, sidecars)
    if save_reference:
        write_reference(save_reference, cohort, overwrite=overwrite)
        print_note(f"wrote {save_reference}")
    if not (reference or by) and save_reference and not files:
        return
    _report(_examine(cohort, reference, by, window), files, as_json, overwrite)


def _results(out: Path | None) -> dict[str, Path]:
    """Return the files to write, by their kind."""
    if out is None:
        return {}
    if out.suffix.lower() in (".html", ".htm"):
        return {"html": out}
    if out.suffix and not out.is_dir():
        raise UsageError(f"--out {out}: must end in .html, or be a folder.")
    return {"html": out / "drift.html", "json": out / "drift.json"}


def _check(
    source: Path, reference: str | None, by: str | None, window: int | None, results: list[Path], overwrite: bool
) -> None:
    """Refuse what cannot be done, before any work is done."""
    from deskull.quality.drift.reading import shipped_references
    from deskull.system.atomic import refuse_existing

    if not (reference or by) and not any(path.suffix == ".tsv" for path in results):
        names = shipped_references()
        known = f"({', '.join(names)})" if names else "(none yet)"
        raise UsageError(
            f"--reference: is required; give a table or folder of scans that are known to be good, "
            f"or a reference that ships with deskull {known}."
        )
    if window and by != "time":
        raise UsageError(f"--window {window}: is for --by time only.")
    inputs = [source, *([Path(reference)] if reference else [])]
    for path in results:
        refuse_inputs(path, tuple(inputs))
        refuse_existing(path, overwrite)


def _examine(cohort: Cohort, reference: str | None, by: str | None, window: int | None) -> Findings:
    """Make all comparisons that were asked for."""
    from deskull.quality.drift.findings import examine
    from deskull.quality.drift.reading import read_reference

    return examine(cohort, read_reference(reference) if reference else None, by, window=window)


def _report(findings: Findings, files: dict[str, Path], as_json: bool, overwrite: bool) -> None:
    """Print and write what was found."""
    from deskull.cli.drift_tables import print_findings
    from deskull.system.atomic import write_bytes

    text = findings.to_json()
    if as_json:
        print(text, end="")
    else:
        print_findings(findings)
    if "html" in files:
        from deskull.report.drift_page import drift_page

        write_bytes(files["html"], drift_page(findings).encode(errors="xmlcharrefreplace"), overwrite=overwrite)
    if "json" in files:
        write_bytes(files["json"], text.encode(), overwrite=overwrite)
    for path in files.values():
        print_note(f"wrote {path}")
