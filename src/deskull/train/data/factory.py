"""The one place that chooses training data: synthetic images of label maps, or scans with masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskull.data.cases import Case, read_cases
from deskull.data.prepare import prepare
from deskull.data.splits import Membership, read_splits, select
from deskull.system.resources import default_threads
from deskull.train.data.base import Progress, TrainingData
from deskull.train.data.pairs import PairData
from deskull.train.data.synthetic import SyntheticData
from deskull.train.recipe import Recipe

#: Prints a line for the user.
Log = Callable[[str], None]


@dataclass(frozen=True)
class DataSource:
    """Where the training data of a run lie.

    Attributes
    ----------
    path : Path
        Table of a data set (data pairs), or folder with ``labelmaps/`` and ``labelled/`` (data synthesis).
    cache : Path
        Folder of prepared scans or label maps.
    splits : Path, optional
        Table of the splits; ``splits.csv`` beside the data set's table by default (data pairs).
    fold : int, optional
        Fold of a k-fold split on which to validate (data pairs).
    """

    path: Path
    cache: Path
    splits: Path | None = None
    fold: int | None = None


def open_data(recipe: Recipe, source: DataSource, log: Log, progress: Progress) -> TrainingData:
    """Open the training data of a recipe, preparing scans that are not prepared yet.

    Parameters
    ----------
    recipe : Recipe
    source : DataSource
    log : callable
        Prints a line for the user.
    progress : callable
        Given what is prepared, one by one, and its number, yields it again.

    Raises
    ------
    InputError, UsageError
        If the data cannot be used.
    """
    if recipe.synthetic:
        data = SyntheticData(recipe, source.path, source.cache, progress)
        if recipe.real_scan_probability and not data.facts["real_scans"]:
            log(f"warning: {source.path}: holds no real scans in labelled/; training on synthetic images only")
        return data
    training, validation = _prepared(recipe, source, log, progress)
    facts: dict[str, Any] = {"training": _keys(training), "validation": _keys(validation)}
    return PairData(recipe, list(training.values()), list(validation.values()), facts)


def _prepared(
    recipe: Recipe, source: DataSource, log: Log, progress: Progress
) -> tuple[dict[str, Path], dict[str, Path]]:
    """Prepared scans of both splits by name; a scan that cannot be prepared is named and left out."""
    cases = read_cases(source.path)
    splits = read_splits(source.splits or source.path.with_name("splits.csv"))
    chosen = [_of_split(cases, splits, split, source.fold) for split in ("train", "validation")]
    all_cases = [case for cases in chosen for case in cases]
    outcomes = prepare(all_cases, recipe.preprocessing, source.cache, default_threads())
    files: dict[str, Path] = {}
    for outcome in progress(outcomes, len(all_cases)):
        if outcome.path:
            files[outcome.case.name] = outcome.path
        else:
            log(f"warning: left out: {outcome.problem}")
    training, validation = ({case.name: files[case.name] for case in cases if case.name in files} for cases in chosen)
    return training, validation


def _of_split(cases: list[Case], splits: dict[str, Membership], split: str, fold: int | None) -> list[Case]:
    """Cases of a split; without a validation split (the few scans of one person, say), none validate."""
    if split == "validation" and fold is None and all(member.split != "validation" for member in splits.values()):
        return []
    return select(cases, splits, split, fold)


def _keys(files: dict[str, Path]) -> dict[str, str]:
    """Names of scans, and the keys of their content."""
    return {name: path.stem for name, path in files.items()}
