"""Verdict: input and output drift together, in sentences."""

from __future__ import annotations

import math

from deskull.quality.drift.comparison import (
    MIN_SCANS,
    SIGNIFICANCE_LEVEL,
    Comparison,
    MeasureShift,
    Side,
    State,
)
from deskull.quality.drift.measures import split_unit, with_unit
from deskull.quality.drift.two_sample import MAX_SCANS, detectable_shift

#: The four sentences, by whether the scans and the masks have moved.
SENTENCES = {
    (False, False): "Nothing moved: scans and masks are like those of the reference.",
    (True, False): "New but handled: the scans differ from the reference, the masks measure as before.",
    (False, True): "Look at the masks: they differ from the reference although the scans do not.",
    (True, True): "Both moved: the scans are new and the masks differ; look at the masks before you use them.",
}
_ONE_SIDE = {
    ("scans", False): "The scans did not move; nothing is known of the masks.",
    ("scans", True): "The scans differ from the reference; nothing is known of the masks: look at them.",
    ("masks", False): "The masks did not move; nothing is known of the scans.",
    ("masks", True): "Look at the masks: they differ from the reference; nothing is known of the scans.",
}
#: A spread that differs by this factor is a change in words.
_SPREAD_FACTOR = 1.25
#: Cliff's delta below this value is negligible (Romano et al. 2006).
_MIN_DELTA = 0.147
#: Shifts beyond this many standard deviations are not told apart.
_MOST_SHIFT = 100


def verdict(comparison: Comparison) -> str:
    """Put input and output drift together in one sentence.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    str
        One of the four sentences if both sides were tested.
    """
    inputs, outputs = comparison.inputs.state, comparison.outputs.state
    if State.too_few in (inputs, outputs):
        n, place = min((comparison.n, "here"), (comparison.n_reference, "in the reference"))
        return f"Too few to tell: {n} scan{'' if n == 1 else 's'} {place}, at least {MIN_SCANS} are needed."
    known = {side: s is State.moved for side, s in (("scans", inputs), ("masks", outputs)) if s != State.not_measured}
    if not known:
        return "Nothing is known: no measure has enough values both here and in the reference."
    if len(known) == 1:
        return _ONE_SIDE[next(iter(known.items()))]
    return SENTENCES[known["scans"], known["masks"]]


def direction(shift: MeasureShift) -> str:
    """Say in words how a measure moved.

    Parameters
    ----------
    shift : MeasureShift

    Returns
    -------
    str
        "higher", "lower", "more spread out", "less spread out" or "otherwise distributed".
    """
    if abs(shift.cliffs_delta) >= _MIN_DELTA:
        return "higher" if shift.cliffs_delta > 0 else "lower"
    if shift.spread_ratio >= _SPREAD_FACTOR:
        return "more spread out"
    return "less spread out" if shift.spread_ratio <= 1 / _SPREAD_FACTOR else "otherwise distributed"


def shift_sentence(shift: MeasureShift) -> str:
    """Say how a measure moved, with its medians, effect size and p value.

    Parameters
    ----------
    shift : MeasureShift

    Returns
    -------
    str
    """
    now, before = with_unit(shift.name, shift.median), with_unit(shift.name, shift.median_reference)
    size = "" if math.isnan(shift.shift) else f" ({signed(shift.shift)} SD)"
    words = f"{split_unit(shift.name)[0]} {direction(shift)}: {now} instead of {before}{size}"
    return f"{words}, p {p_text(shift.p_adjusted)}"


def side_words(side: Side) -> str:
    """Return the state of a side, with what it rests on where no single measure shows it."""
    if side.state is State.moved and not side.moved_measures:
        return "moved (all measures together)"
    return str(side.state)


def p_text(p: float) -> str:
    """Return a p value with three decimal places and its relation: ``= 0.012`` or ``< 0.001``."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def signed(value: float) -> str:
    """Return a number with one decimal place and its sign; of a huge one, as constant references give, only its size.

    Examples
    --------
    >>> signed(-1.25), signed(0.31), signed(-0.01), signed(327895.3)
    ('−1.2', '+0.3', '0.0', 'over +100')
    """
    if abs(value) > _MOST_SHIFT:
        return f"over +{_MOST_SHIFT}" if value > 0 else f"under −{_MOST_SHIFT}"
    text = f"{value:+.1f}"
    return "0.0" if text[1:] == "0.0" else text.replace("-", "−")


def remarks(comparison: Comparison) -> list[str]:
    """List what a reader must know to judge a comparison: what could not be seen, was left out, or is negligible.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    list of str
        One sentence each.
    """
    sides = (("scans", comparison.inputs), ("masks", comparison.outputs))
    found = [*_sensitivity(comparison), *_subsamples(comparison)]
    for noun, side in sides:
        if side.state is State.negligible:
            found.append(f"The {noun} differ by more than chance, but by too little to matter.")
        found += _missing(side)
    if comparison.not_shared:
        names = ", ".join(comparison.not_shared[:5]) + (", ..." if len(comparison.not_shared) > 5 else "")
        found.append(f"Measured on one side only and left out: {names}.")
    return found


def _sensitivity(comparison: Comparison) -> list[str]:
    """Say which shift these numbers of scans can show, if something did not move."""
    if not comparison.n_measures or State.unmoved not in (comparison.inputs.state, comparison.outputs.state):
        return []
    level = SIGNIFICANCE_LEVEL / (2 * comparison.n_measures)
    shift = detectable_shift(comparison.n_reference, comparison.n, level)
    counts = f"With {comparison.n:,} scans against {comparison.n_reference:,}"
    if not math.isfinite(shift):
        return [f"{counts}, no shift of a single measure can be shown."]
    if shift < 0.1:
        return []
    return [
        f"{counts}, a shift of one measure by {shift:.1f} SD is found four times in five; smaller ones may be missed."
    ]


def _subsamples(comparison: Comparison) -> list[str]:
    """Say that large cohorts were subsampled."""
    if not comparison.n_measures or max(comparison.n, comparison.n_reference) <= MAX_SCANS:
        return []
    return [f"The test of all measures together drew {MAX_SCANS} scans of each larger cohort, with a fixed seed."]


def _missing(side: Side) -> list[str]:
    """Name the measures that are missing much more often, or less often, than in the reference."""
    found = []
    for shift in side.measures:
        now = shift.n_missing / (shift.n + shift.n_missing)
        before = shift.n_missing_reference / (shift.n_reference + shift.n_missing_reference)
        if abs(now - before) >= 0.2:
            words = split_unit(shift.name)[0]
            found.append(f"{words} is missing in {now:.0%} of the scans, instead of {before:.0%}.")
    return found
