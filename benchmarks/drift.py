"""Measure how often drift is found where there is none, and where there is, by simulation.

    python benchmarks/drift.py [--runs 200]

Each run draws a reference and a cohort of random measures: ten of the scans and twelve of the masks, which depend on
each other (a common factor explains half of the variance); a third are log-normal, and some are whole numbers or
missing in a tenth of the scans. Shifts are in standard deviations, of one or of all measures of the scans. Prints
Markdown tables: the share of runs in which `deskull drift` says that scans, or masks, moved.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from deskull.quality.drift.cohorts import Cohort, Features
from deskull.quality.drift.comparison import Comparison, State, compare
from deskull.quality.drift.groups import compare_groups
from deskull.quality.drift.over_time import over_time

SIZES, SHIFTS, N_REFERENCE = (8, 20, 50, 200), (0.25, 0.5, 1.0, 2.0), 200
N_INPUTS, N_OUTPUTS = 10, 12
Draw = Callable[[np.random.Generator], bool]


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


def false_alarms(n: int, n_reference: int) -> Draw:
    return lambda rng: moved(compare(random_cohort(rng, n_reference), random_cohort(rng, n))[0])


def false_alarms_of_groups(n: int) -> Draw:
    def draw(rng: np.random.Generator) -> bool:
        cohort = random_cohort(rng, 6 * n)
        labelled = Cohort("cohort", cohort.inputs, cohort.outputs, {"scanner": tuple("abcdef" * n)})
        return any(map(moved, compare_groups(labelled, "scanner")))

    return draw


def changes(n: int, shift: float, n_shifted: int) -> Draw:
    def draw(rng: np.random.Generator) -> bool:
        shifts = np.zeros((n, N_INPUTS))
        shifts[n // 2 :, :n_shifted] = shift
        cohort = random_cohort(rng, n, shifts)
        dates = tuple(str(np.datetime64("2024-01-01") + day) for day in range(n))
        timeline = over_time(Cohort("cohort", cohort.inputs, cohort.outputs, {"date": dates}))
        found = timeline.inputs and timeline.inputs.is_shown
        return bool(found if shift else found or (timeline.outputs and timeline.outputs.is_shown))

    return draw


def detections(n: int, shift: float, n_shifted: int) -> Draw:
    shifts = np.where(np.arange(N_INPUTS) < n_shifted, shift, 0.0)

    def draw(rng: np.random.Generator) -> bool:
        comparison = compare(random_cohort(rng, N_REFERENCE), random_cohort(rng, n, shifts))[0]
        return comparison.inputs.state is State.moved

    return draw


def share(draw: Draw, runs: int) -> str:
    return f"{100 * sum(draw(np.random.default_rng(seed)) for seed in range(runs)) / runs:.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    print(f"| {runs} runs | " + " | ".join(f"{n} scans" for n in SIZES) + " |\n|---|" + "---|" * len(SIZES))
    rows: list[tuple[str, list[Draw | None]]] = [
        ("no shift, reference of 200", [false_alarms(n, N_REFERENCE) for n in SIZES]),
        ("no shift, reference as small", [false_alarms(n, n) for n in SIZES]),
        ("no shift, six groups of", [false_alarms_of_groups(n) if n < 200 else None for n in SIZES]),
        ("no shift, over time", [changes(n, 0.0, 0) if n > 8 else None for n in SIZES]),
    ]
    for n_shifted, words in ((1, "one measure"), (N_INPUTS, "all measures")):
        rows += [(f"{words} by {x:g} SD", [detections(n, x, n_shifted) for n in SIZES]) for x in SHIFTS]
    rows += [(f"over time, one measure by {x:g} SD", [None, *(changes(n, x, 1) for n in SIZES[1:])]) for x in SHIFTS]
    for words, draws in rows:
        cells = (share(draw, runs) if draw else "–" for draw in draws)
        print(f"| {words} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
