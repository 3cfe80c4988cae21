"""Tables of results: counts by format and class, and what each silent difference is."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from benchmarks.fuzz.child import Outcome
from benchmarks.fuzz.classes import ALLOWED, Class
from benchmarks.fuzz.mutations import Mutant

Results = dict[Mutant, Outcome]


def table(results: Results) -> str:
    """Return counts of each format and class as a Markdown table."""
    formats = list(dict.fromkeys(mutant.format for mutant in results))
    counts = Counter((mutant.format, outcome.kind) for mutant, outcome in results.items())
    lines = [
        "| format | mutants | " + " | ".join(kind.value for kind in Class) + " |",
        "|---|" + "---:|" * (len(Class) + 1),
    ]
    for name in [*formats, "all"]:
        row = [sum(n for (one, k), n in counts.items() if k is kind and name in (one, "all")) for kind in Class]
        lines.append(f"| {name} | {sum(row)} | " + " | ".join(map(str, row)) + " |")
    return "\n".join(lines)


def silent_by_reason(results: Results) -> str:
    """Return the number of silent differences of each reason, then each of them."""
    silent = [(mutant, outcome) for mutant, outcome in results.items() if outcome.kind is Class.silent]
    reasons = Counter(outcome.detail for _, outcome in silent)
    lines = [f"{count} x {reason}" for reason, count in reasons.most_common()]
    lines += [f"{_name(mutant)}: {outcome.part}: {outcome.label!r}: {outcome.detail}" for mutant, outcome in silent]
    return "\n".join(lines)


def forbidden(results: Results) -> list[str]:
    """Return a line for each result that must not occur."""
    return [
        f"{outcome.kind.value}: {_name(mutant)}: {outcome.part}: {outcome.label!r}: {outcome.detail}"
        for mutant, outcome in results.items()
        if outcome.kind not in ALLOWED
    ]


def write_csv(results: Results, path: Path) -> None:
    """Write one row for each mutant."""
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file)
        writer.writerow(("format", "seed", "number", "class", "part", "label", "detail", "seconds"))
        for mutant, outcome in results.items():
            writer.writerow((mutant.format, mutant.seed, mutant.number, outcome.kind.value, outcome.part, outcome.label,
                             outcome.detail, f"{outcome.seconds:.3f}"))  # fmt: skip


def _name(mutant: Mutant) -> str:
    return f"{mutant.format} {mutant.seed} {mutant.number}"
