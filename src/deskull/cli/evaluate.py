"""``deskull evaluate``: score the masks of one or several models against references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskull.cli.console import FAILED, USER_ERRORS, error_text, print_message, print_note, refuse_inputs
from deskull.cli.evaluation_tables import print_tables
from deskull.cli.progress import progress_bar
from deskull.errors import UsageError

if TYPE_CHECKING:
    from deskull.evaluation.comparison import Comparison
    from deskull.evaluation.pairs import Pair
    from deskull.evaluation.scores import CaseScores


def evaluate(
    predicted: Annotated[
        Path, typer.Argument(metavar="PRED", help="Mask to score, or a folder of masks.", show_default=False)
    ],
    reference: Annotated[
        Path,
        typer.Argument(
            metavar="REF",
            help="Reference mask, a folder of them, or a table written by 'deskull data index'.",
            show_default=False,
        ),
    ],
    split: Annotated[str | None, typer.Option(help="Score only the cases of this split of the table.")] = None,
    roi: Annotated[
        Path | None,
        typer.Option(help="Region of interest: score only voxels where this mask (or X_roi of this folder) is not 0."),
    ] = None,
    name: Annotated[
        str, typer.Option(help="Name of the model; by default the name of its folder.", show_default=False)
    ] = "",
    against: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="Masks of another model to compare with; may be repeated."),
    ] = None,
    scans: Annotated[
        Path | None, typer.Option(help="Raw scans (X for a mask X_mask) for the pictures of --html.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write all scores to this CSV file.")] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write all scores to this JSON file, or to stdout with '-'.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with charts and the worst cases to this file.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
) -> None:
    """Score masks against references.

    The scores are Dice, IoU, sensitivity, specificity, HD95 and mean surface distance in mm, volume difference in ml,
    and the fraction of false positives beyond 5 mm.
    """
    results = [path for path in (csv, json, html) if path and str(path) != "-"]
    _check_results(results, overwrite, html=html, scans=scans)
    pairs, scan_files = _pair(_model_folders(predicted, name, against or []), reference, split, roi, scans)
    _refuse_inputs(results, pairs, scan_files)
    models = {model: _score(model_pairs, model) for model, model_pairs in pairs.items()}
    if any(models.values()):
        comparison = _compare(models)
        _write(models, comparison, csv, json, overwrite)
        if html:
            _write_page(html, models, pairs, scan_files, overwrite)
        if str(json) != "-":
            print_tables(models, comparison)
        for path in results:
            print_note(f"wrote {path}")
    if any(len(models[model]) < len(pairs[model]) for model in pairs):
        raise typer.Exit(FAILED)


def _pair(
    folders: Mapping[str, Path], reference: Path, split: str | None, roi: Path | None, scans: Path | None
) -> tuple[dict[str, list[Pair]], dict[str, Path]]:
    """Return the pairs of each model, and the scan of each case as far as it is known."""
    from deskull.evaluation.pairs import find_scans, pair_models

    if reference.suffix.lower() == ".csv":
        return _pair_with_table(folders, reference, split)
    if split:
        raise UsageError(f"--split {split}: needs a table; give the table of 'deskull data index' as REF.")
    pairs = pair_models(folders, reference, roi)
    cases = {pair.case for model_pairs in pairs.values() for pair in model_pairs}
    return pairs, find_scans(scans, cases) if scans else {}


def _compare(models: Mapping[str, Sequence[CaseScores]]) -> Comparison | None:
    """Compare the models, if there are several."""
    from deskull.evaluation.comparison import compare

    return compare(models) if len(models) > 1 else None


def _check_results(results: Sequence[Path], overwrite: bool, *, html: Path | None, scans: Path | None) -> None:
    """Refuse results that could not be written, before any work is done."""
    from deskull.system.atomic import refuse_existing

    if len({path.resolve() for path in results}) < len(results):
        raise UsageError(f"{results[0]}: cannot hold two results; give --csv, --json and --html different names.")
    if scans and not html:
        raise UsageError("--scans: is used for the pictures of the page only; add --html FILE.")
    if html:
        from deskull.report.svg import require_matplotlib

        require_matplotlib()
    for path in results:
        refuse_existing(path, overwrite)


def _refuse_inputs(results: Sequence[Path], pairs: Mapping[str, Sequence[Pair]], scans: Mapping[str, Path]) -> None:
    """Refuse results that would replace a mask or a scan."""
    masks = [
        path
        for model_pairs in pairs.values()
        for pair in model_pairs
        for path in (pair.predicted, pair.reference, pair.roi)
        if path
    ]
    for path in results:
        refuse_inputs(path, (*masks, *scans.values()))


def _model_folders(predicted: Path, name: str, against: Sequence[str]) -> dict[str, Path]:
    """Return the masks of each model by its name, those of PRED first."""
    from deskull.formats import split_name

    default = predicted.resolve().name if predicted.is_dir() else split_name(predicted)[0]
    models = {name or default: predicted}
    for text in against:
        model, _, folder = text.partition("=")
        if not (model and folder):
            raise UsageError(f"--against {text}: must have the form NAME=FOLDER.")
        if model in models:
            raise UsageError(f"--against {text}: two models are called {model}; rename one, or PRED with --name.")
        models[model] = Path(folder)
    return models


def _pair_with_table(
    models: Mapping[str, Path], table: Path, split: str | None
) -> tuple[dict[str, list[Pair]], dict[str, Path]]:
    """Pair the masks of each model with the cases of a data set, and return the scan of each case."""
    from deskull.data.splits import cases_of
    from deskull.evaluation.pairs import pair_cases
    from deskull.formats import split_name

    try:
        cases = cases_of(table, split)
    except UsageError as error:
        raise UsageError(f"--split {split}: {error.reason}") from None
    scans = {split_name(case.raw)[0]: case.raw for case in cases}
    return {model: pair_cases(folder, cases) for model, folder in models.items()}, scans


def _score(pairs: Sequence[Pair], model: str) -> list[CaseScores]:
    """Score the pairs that can be scored, and report the others."""
    from deskull.evaluation.scores import evaluate_pair

    def score(pair: Pair) -> CaseScores | None:
        """Return the scores of a pair, or None after an error."""
        try:
            return evaluate_pair(pair)
        except USER_ERRORS as error:
            print_message(f"error: {error_text(error)}")
            return None

    scored = progress_bar(f"scoring {model}")(map(score, pairs), len(pairs))
    return [case for case in scored if case]


def _write(
    models: Mapping[str, Sequence[CaseScores]],
    comparison: Comparison | None,
    csv: Path | None,
    json: Path | None,
    overwrite: bool,
) -> None:
    """Write the scores as CSV and JSON; those of several models have the names of the models."""
    from deskull.evaluation.scores import models_to_csv, models_to_json, to_csv, to_json
    from deskull.system.atomic import write_bytes

    only = next(iter(models.values()))
    if csv:
        text = models_to_csv(models) if comparison else to_csv(only)
        write_bytes(csv, text.encode(errors="backslashreplace"), overwrite=overwrite)
    text = models_to_json(models, comparison.as_dict()) if comparison else to_json(only)
    if json and str(json) != "-":
        write_bytes(json, text.encode(), overwrite=overwrite)
    elif json:
        print(text, end="")


def _write_page(
    path: Path,
    models: Mapping[str, Sequence[CaseScores]],
    pairs: Mapping[str, Sequence[Pair]],
    scans: Mapping[str, Path],
    overwrite: bool,
) -> None:
    """Write the evaluation page."""
    from deskull.report.evaluation_page import evaluation_page
    from deskull.system.atomic import write_bytes

    page = evaluation_page(models, pairs, scans)
    write_bytes(path, page.encode(errors="xmlcharrefreplace"), overwrite=overwrite)
