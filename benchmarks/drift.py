"""Measure how often drift is found where there is none, and where there is, by simulation.

    OMP_NUM_THREADS=1 python benchmarks/drift.py [--runs 200] [--shifted-runs 100]

Each run draws a reference and a cohort of random measures: ten of the scans and twelve of the masks, which depend on
each other (a common factor explains half of the variance); a third are log-normal, and some are whole numbers or
missing in a tenth of the scans. Shifts are in standard deviations, of one or of all measures of the scans. Prints
Markdown tables: the share of runs in which `deskull drift` says that scans, or masks, moved.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from deskull.quality.drift.cohorts import Cohort, Features
from deskull.quality.drift.comparison import Comparison, State, compare
from deskull.quality.drift.groups import compare_groups
from deskull.quality.drift.over_time import Timeline, over_time

SIZES, SHIFTS, N_REFERENCE = (8, 20, 50, 200), (0.25, 0.5, 1.0, 2.0), 200
N_INPUTS, N_OUTPUTS = 10, 12
Draw = Callable[..., bool]


def random_features(rng: np.random.Generator, n: int, k: int, shifts: np.ndarray) -> Features:
    """Draw measures that depend on each other, each shifted by so many standard deviations."""
    latent = np.sqrt(0.5) * (rng.normal(size=(n, 1)) + rng.normal(size=(n, k))) + shifts
    values = latent.copy()
    values[:, ::3] = np.exp(0.5 * latent[:, ::3])
    values[:, 1::6] = np.round(2 * latent[:, 1::6])
    values[:, 2::6][rng.random(values[:, 2::6].shape) < 0.1] = np.nan
    return Features(tuple(f"measure_{index}" for index in range(k)), values)


def random_cohort(rng: np.random.Generator, n: int, shifts: np.ndarray | float = 0.0) -> Cohort:
    """Draw a cohort; `shifts` are those of the measures of its scans, of shape (n_measures,) or (n, n_measures)."""
    inputs = random_features(rng, n, N_INPUTS, np.broadcast_to(shifts, (n, N_INPUTS)))
    return Cohort("cohort", inputs, random_features(rng, n, N_OUTPUTS, np.zeros(N_OUTPUTS)))


def moved(comparison: Comparison) -> bool:
    return State.moved in (comparison.inputs.state, comparison.outputs.state)


def false_alarm(rng: np.random.Generator, n: int, n_reference: int) -> bool:
    return moved(compare(random_cohort(rng, n_reference), random_cohort(rng, n))[0])


def false_alarm_of_groups(rng: np.random.Generator, n: int) -> bool:
    cohort = random_cohort(rng, 6 * n)
    return any(map(moved, compare_groups(replace(cohort, labels={"scanner": tuple("abcdef" * n)}), "scanner")))


def detection(rng: np.random.Generator, n: int, shift: float, n_shifted: int) -> bool:
    shifts = np.where(np.arange(N_INPUTS) < n_shifted, shift, 0.0)
    return compare(random_cohort(rng, N_REFERENCE), random_cohort(rng, n, shifts))[0].inputs.state is State.moved


def over_days(rng: np.random.Generator, n: int, shift: float) -> Timeline:
    shifts = np.zeros((n, N_INPUTS))
    shifts[n // 2 :, 0] = shift
    dates = tuple(str(np.datetime64("2024-01-01") + day) for day in range(n))
    return over_time(replace(random_cohort(rng, n, shifts), labels={"date": dates}))


def false_change(rng: np.random.Generator, n: int) -> bool:
    timeline = over_days(rng, n, 0.0)
    return any(change is not None and change.is_shown for change in (timeline.inputs, timeline.outputs))


def change(rng: np.random.Generator, n: int, shift: float) -> bool:
    found = over_days(rng, n, shift).inputs
    return found is not None and found.is_shown


def share(cell: tuple[Draw | None, int]) -> str:
    draw, runs = cell
    if draw is None:
        return "–"
    return f"{100 * sum(draw(np.random.default_rng(seed)) for seed in range(runs)) / runs:.1f} %"


def table_rows() -> list[tuple[str, bool, list[Draw | None]]]:
    """Rows: words, whether something is shifted, and what is drawn for each size."""
    rows: list[tuple[str, bool, list[Draw | None]]] = [
        ("no shift, reference of 200", False, [partial(false_alarm, n=n, n_reference=N_REFERENCE) for n in SIZES]),
        ("no shift, reference as small", False, [partial(false_alarm, n=n, n_reference=n) for n in SIZES]),
        ("no shift, six groups", False, [partial(false_alarm_of_groups, n=n) if n < 50 else None for n in SIZES]),
        ("no shift, over time", False, [partial(false_change, n=n) if n > 8 else None for n in SIZES]),
    ]
    for n_shifted, words in ((1, "one measure"), (N_INPUTS, "all measures")):
        for x in SHIFTS:
            draws = [partial(detection, n=n, shift=x, n_shifted=n_shifted) for n in SIZES]
            rows.append((f"{words} by {x:g} SD", True, draws))
    for x in SHIFTS:
        draws = [partial(change, n=n, shift=x) if n > 8 else None for n in SIZES]
        rows.append((f"over time, one measure by {x:g} SD", True, draws))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="without a shift")
    parser.add_argument("--shifted-runs", type=int, default=100, help="with one")
    options = parser.parse_args()
    rows = table_rows()
    cells = [(draw, options.shifted_runs if shifted else options.runs) for _, shifted, draws in rows for draw in draws]
    print("| | " + " | ".join(f"{n} scans" for n in SIZES) + " |\n|---|" + "---|" * len(SIZES))
    with ProcessPoolExecutor(2) as pool:
        shares = pool.map(share, cells)
        for words, _, draws in rows:
            print(f"| {words} | " + " | ".join(next(shares) for _ in draws) + " |", flush=True)


if __name__ == "__main__":
    main()
