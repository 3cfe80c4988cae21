"""Parts of the drift page: the two columns with the verdict, tables of measures and groups, and figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from deskull.quality.drift.cohorts import Cohort, Features
from deskull.quality.drift.comparison import Comparison, MeasureShift, Side, State
from deskull.quality.drift.groups import groups_sentence
from deskull.quality.drift.measures import label, with_unit
from deskull.quality.drift.over_time import Change, Timeline, change_sentence
from deskull.quality.drift.verdict import direction, p_text, remarks, side_words, signed, verdict
from deskull.report.drift_charts import COHORT, REFERENCE, distribution_chart, shift_chart, time_chart
from deskull.report.html import header_row, table, text_cell

#: Most measures in a chart of shifts, and most distributions and charts over time of each side.
_N_SHIFTS, _N_DISTRIBUTIONS, _N_TIMES = 20, 3, 3
#: Most measures in the table of groups: more do not fit beside the verdict.
_N_COLUMNS = 6
_CLASSES = {State.moved: "moved", State.unmoved: "unmoved", State.negligible: "unmoved"}


def verdict_part(comparison: Comparison) -> str:
    """Return the state of scans and masks side by side, the sentence, and the remarks.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    str
        HTML.
    """
    columns = _column("Input: the scans", comparison.inputs) + _column("Output: the masks", comparison.outputs)
    notes = "".join(f'<p class="pale">{escape(remark)}</p>\n' for remark in remarks(comparison))
    return f'<div class="sides">{columns}</div>\n<p class="verdict">{escape(verdict(comparison))}</p>\n{notes}'


def _column(heading: str, side: Side) -> str:
    """Return the state of one side."""
    tested = ""
    if side.energy:
        n_moved = f"{len(side.moved_measures)} of {len(side.measures)} measures moved"
        tested = f'<p class="pale">{n_moved}, p {escape(p_text(side.p_adjusted))}</p>'
    css_class = _CLASSES.get(side.state, "unknown")
    return f'<div class="side {css_class}"><h3>{heading}</h3><p class="state">{side_words(side)}</p>{tested}</div>'


def shifts_part(comparison: Comparison) -> str:
    """Return charts of the shifts of all measures, and distributions of those that moved most."""
    figures = []
    for key, heading, side in _sides(comparison):
        if side.measures:
            shown = sorted(side.measures, key=lambda shift: (shift not in side.moved_measures, -shift.distance))
            chart = shift_chart(shown[:_N_SHIFTS], side.moved_measures, heading, f"shift-{key}")
            figures.append(f"<figure>{chart}</figure>\n")
    return (
        '<p class="pale">Filled: measures that moved, by more than chance and more than negligibly. '
        f'An arrow stands for more than 4 SD.</p>\n<div class="charts">{"".join(figures)}</div>\n'
    )


def distributions_part(comparison: Comparison, reference: Cohort, cohort: Cohort) -> str:
    """Return the distributions of the measures that moved most; of those that differ most if none did."""
    features = {"input": (reference.inputs, cohort.inputs), "output": (reference.outputs, cohort.outputs)}
    figures = []
    for key, _, side in _sides(comparison):
        old, new = features[key]
        for index, shift in enumerate((side.moved_measures or side.measures)[:_N_DISTRIBUTIONS]):
            chart = distribution_chart(
                shift.name, old.column(shift.name), new.column(shift.name), f"distribution-{key}-{index}"
            )
            figures.append(f"<figure>{chart}<figcaption>{_caption(key, shift, side)}</figcaption></figure>\n")
    keys = f"{_key(REFERENCE)}{escape(reference.name)} &ensp; {_key(COHORT)}{escape(cohort.name)}"
    key = f'<p>{keys} &ensp; <span class="pale">dashed: medians</span></p>\n'
    return f'{key}<div class="charts">{"".join(figures)}</div>\n'


def _caption(key: str, shift: MeasureShift, side: Side) -> str:
    """Return the caption of a distribution."""
    moved = f"{direction(shift)}, p {escape(p_text(shift.p_adjusted))}"
    return f"<b>{escape(label(shift.name))}</b> ({key}): {moved if shift in side.moved_measures else 'did not move'}"


def _key(colour: str) -> str:
    """Return a patch of a colour."""
    return f'<span class="key" style="background:{colour}"></span>'


def measures_part(comparison: Comparison, *, only_moved: bool = False) -> str:
    """Return a table of all measures that were tested, or of those that moved."""
    lines = []
    for key, _, side in _sides(comparison):
        for index, shift in enumerate(side.moved_measures if only_moved else side.measures):
            moved = shift in side.moved_measures
            cells = [
                str(shift.n), with_unit(shift.name, shift.median), with_unit(shift.name, shift.median_reference),
                _number(shift.shift), f"{shift.cliffs_delta:+.2f}".replace("-", "−"), f"{shift.distance:.2f}",
                escape(p_text(shift.p_adjusted).removeprefix("= ")),
            ]  # fmt: skip
            small = shift.is_significant and side.state is not State.unmoved
            state = f"<b>{direction(shift)}</b>" if moved else ("negligibly" if small else "–")
            start = "<tr>" if index else '<tr class="first">'
            lines.append(
                f'{start}<td class="text">{key}</td>{text_cell(label(shift.name), "name measure")}'
                f'<td class="text">{state}</td>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>\n'
            )
    columns = ("Scans", "Here", "Reference", "Shift (SD)", "Cliff's delta", "KS", "p (adjusted)")
    return table(header_row(("Side", "Measure", "Moved"), columns), lines, long=True)


def groups_part(groups: Sequence[Comparison], by: str) -> str:
    """Return a table of groups: states, sentences, and shifts of the measures that moved in any of them."""
    names = _moved_names(groups)
    columns = ("Scans", *(escape(label(name)) for _, name in names))
    head = header_row((escape(by), "Input", "Output", "Verdict"), columns)
    lines = []
    for group in groups:
        cells = "".join(_shift_cell(group, key, name) for key, name in names)
        states = "".join(f'<td class="text">{side_words(side)}</td>' for _, _, side in _sides(group))
        sentence = verdict(group)
        states += f'<td class="text" title="{escape(sentence)}">{escape(sentence.split(":")[0].rstrip("."))}</td>'
        lines.append(f"<tr>{text_cell(group.name)}{states}<td>{group.n:,}</td>{cells}</tr>\n")
    against = f"Each against {escape(groups[0].reference)}; p values are adjusted for all of them. "
    key = "Numbers are shifts in SD, of the measures that moved anywhere; coloured where they did."
    sentence = f"<p><b>{escape(groups_sentence(groups, by))}</b></p>"
    return f'{sentence}<p class="pale">{against}{key if names else ""}</p>\n{table(head, lines, long=True)}'


def _moved_names(groups: Sequence[Comparison]) -> list[tuple[str, str]]:
    """Sides and names of up to six measures that moved in any group: in most groups, and of these the farthest."""
    distances: dict[tuple[str, str], list[float]] = {}
    for group in groups:
        for key, _, side in _sides(group):
            for shift in side.moved_measures:
                distances.setdefault((key, shift.name), []).append(shift.distance)
    ranked = sorted(distances.items(), key=lambda item: (-len(item[1]), -max(item[1]), item[0]))
    return [entry for entry, _ in ranked[:_N_COLUMNS]]


def _shift_cell(group: Comparison, key: str, name: str) -> str:
    """Return a cell with the shift of a measure, coloured by direction and size if it moved."""
    side = group.inputs if key == "input" else group.outputs
    found = [shift for shift in side.measures if shift.name == name]
    if not found:
        return "<td>–</td>"
    style = ""
    if found[0] in side.moved_measures and not math.isnan(found[0].shift):
        colour, strength = (COHORT if found[0].shift > 0 else REFERENCE), min(60, 15 + 15 * abs(found[0].shift))
        style = f' style="background:color-mix(in srgb, {colour} {strength:.0f}%, transparent)"'
    return f"<td{style}>{_number(found[0].shift)}</td>"


def _number(shift: float) -> str:
    """Return a shift in SD; a dash if it is undefined."""
    return "–" if math.isnan(shift) else signed(shift)


def timeline_part(timeline: Timeline, reference: Cohort | None) -> str:
    """Return when scans and masks changed, the measures that changed most, and the windows against the reference."""
    cohort, parts = timeline.cohort, []
    sides = (
        ("scans", timeline.inputs, cohort.inputs, reference.inputs if reference else None),
        ("masks", timeline.outputs, cohort.outputs, reference.outputs if reference else None),
    )
    for noun, change, features, old in sides:
        parts.append(f"<h3>{escape(change_sentence(change, noun))}</h3>\n")
        parts += [_time_figure(timeline, noun, change, features, old, index) for index in range(_N_TIMES)]
    shaded = f" {_key(REFERENCE)}central 90 % of the reference" if reference else ""
    note = f"{escape(timeline.note)} " if timeline.note else ""
    key = f"<p>{note}{_key(COHORT)}rolling median{shaded}; dashed: the change.</p>\n"
    windows = groups_part(timeline.windows, "window") if timeline.windows else ""
    return key + "".join(parts) + windows


def _time_figure(
    timeline: Timeline, noun: str, change: Change | None, features: Features, old: Features | None, index: int
) -> str:
    """Return the chart of the measure that changed the index-th most; nothing if there are fewer."""
    names = [shift.name for shift in change.shifts] if change else []
    if index >= len(names):
        return ""
    name = names[index]
    known = old.column(name) if old and name in old.names else None
    shown = change.index if change and change.is_shown else None
    values = features.matrix([name])[:, 0]
    chart = time_chart(name, values, timeline.dates, shown, known, f"time-{noun}-{index}")
    return f'<figure class="wide">{chart}</figure>\n'


def _sides(comparison: Comparison) -> tuple[tuple[str, str, Side], tuple[str, str, Side]]:
    """Return both sides with their keys and headings."""
    return (
        ("input", "Input: the scans", comparison.inputs),
        ("output", "Output: the masks", comparison.outputs),
    )
