"""Results of a benchmark: figures by tool, a table of all runs, and a JSON file that states what was run on what."""

from __future__ import annotations

import csv
import io
import json
import math
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from deskull._version import __version__
from deskull.benchmark.outcomes import Outcome
from deskull.benchmark.tools import Tool
from deskull.data.public import PublicDataSet
from deskull.errors import UsageError, printable
from deskull.evaluation.comparison import MINIMUM_PAIRS, compare
from deskull.evaluation.definitions import SCORES
from deskull.evaluation.metrics import Scores
from deskull.evaluation.scores import CaseScores, summarise
from deskull.evaluation.statistics import median_interval
from deskull.models.sources import file_sha256
from deskull.system.machine import describe_machine

#: Costs of a run that are summarised, with their units.
COSTS = {"wall_s": "s", "cpu_s": "s", "peak_mb": "MB"}


@dataclass(frozen=True)
class Benchmark:
    """The outcomes of tools on a data set.

    Attributes
    ----------
    data_set : PublicDataSet
    tools : mapping of str to Tool
        By name.
    outcomes : mapping of str to list of Outcome
        By the name of the tool, also for tools at fitted borders; the others are compared with the first.
    borders : mapping of str to tuple of float
        The borders in mm of both halves of the people, by the name under which they were scored.
    problems : sequence of str
        Why files of the data set are not part of the benchmark.
    timeout : float
        Time limit of one run in s.
    """

    data_set: PublicDataSet
    tools: Mapping[str, Tool]
    outcomes: Mapping[str, list[Outcome]]
    borders: Mapping[str, tuple[float, float]]
    problems: Sequence[str]
    timeout: float

    @property
    def models(self) -> dict[str, list[CaseScores]]:
        """The scores of each tool, as they are evaluated and compared."""
        return {name: [outcome.case_scores for outcome in outcomes] for name, outcomes in self.outcomes.items()}

    @property
    def n_people(self) -> int:
        """Number of people whose scans these are."""
        return len({case.cluster for cases in self.models.values() for case in cases})

    def failed(self, name: str) -> list[Outcome]:
        """Return the outcomes of a tool without a mask that could be scored."""
        return [outcome for outcome in self.outcomes[name] if outcome.fault]


def dice_interval(cases: Sequence[CaseScores]) -> tuple[float, float]:
    """Compute a 95 % bootstrap confidence interval of the median Dice, in which whole people are resampled.

    Parameters
    ----------
    cases : sequence of CaseScores

    Returns
    -------
    low, high : float
        NaN with fewer than six people.
    """
    known = [(case.scores.dice, case.cluster) for case in cases if not math.isnan(case.scores.dice)]
    if len({cluster for _, cluster in known}) < MINIMUM_PAIRS:
        return math.nan, math.nan
    low, high, _ = median_interval([dice for dice, _ in known], [cluster for _, cluster in known])
    return low, high


def median_costs(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return the median of each of `COSTS` over the runs that gave a mask; NaN without any."""
    done = [outcome for outcome in outcomes if not outcome.fault]
    return {
        name: float(np.median([getattr(outcome, name) for outcome in done])) if done else math.nan for name in COSTS
    }


def to_tsv(benchmark: Benchmark) -> str:
    """Format all runs as a table, one line for each tool and scan.

    Parameters
    ----------
    benchmark : Benchmark

    Returns
    -------
    str
        Undefined scores are empty.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    names = [field.name for field in fields(Scores)]
    writer.writerow(["tool", "case", "subject", "status", "fault", *COSTS, *names])
    for name, outcomes in benchmark.outcomes.items():
        for outcome in outcomes:
            scores = outcome.scores.as_dict()
            cells = ["" if math.isnan(scores[key]) else f"{scores[key]:.6g}" for key in names]
            status = "failed" if outcome.fault else "done"
            costs = [f"{getattr(outcome, cost):g}" for cost in COSTS]
            row = [name, outcome.case, outcome.subject, status, outcome.fault, *costs, *cells]
            writer.writerow([printable(cell) for cell in row])
    return buffer.getvalue()


def to_json(benchmark: Benchmark) -> str:
    """Format what was run on what, and all figures, as JSON; undefined figures are null.

    Parameters
    ----------
    benchmark : Benchmark

    Returns
    -------
    str
    """
    models = benchmark.models
    data_set = {name: getattr(benchmark.data_set, name) for name in ("name", "title", "layout", "masks", "source")}
    content = {
        "deskull": __version__,
        "machine": describe_machine(),
        "data_set": data_set | {"people": benchmark.n_people, "problems": len(benchmark.problems)},
        "timeout_s": benchmark.timeout,
        "tools": {name: tool_facts(tool) for name, tool in benchmark.tools.items()},
        "fitted_borders_mm": {name: list(borders) for name, borders in benchmark.borders.items()},
        "summary": {name: _summary(benchmark, name) for name in models},
        "comparison": compare(models).as_dict() if len(models) > 1 else None,
        "runs": [asdict(outcome) | {"tool": name} for name, runs in benchmark.outcomes.items() for outcome in runs],
    }
    return json.dumps(_without_nan(content), indent=2, allow_nan=False) + "\n"


def tool_facts(tool: Tool) -> dict[str, Any]:
    """Return what identifies a tool: its command, the digests of the command and of the program, and the network."""
    words = shlex.split(tool.template)
    facts: dict[str, Any] = {"command": tool.template, "command_sha256": tool.sha256}
    if words[0] == "deskull":
        from deskull.models import load_model

        try:
            model = words[words.index("--model") + 1] if "--model" in words else "default"
            return facts | {"version": __version__, "model_sha256": load_model(model).card["sha256"]}
        except (UsageError, IndexError):
            return facts | {"version": __version__}
    program = shutil.which(words[0])
    return facts | {"program_sha256": _digest(Path(program)) if program else None}


def _digest(path: Path) -> str | None:
    """SHA-256 of a file; None if it cannot be read."""
    try:
        return file_sha256(path)
    except OSError:
        return None


def _summary(benchmark: Benchmark, name: str) -> dict[str, Any]:
    """Return the figures of one tool."""
    cases, outcomes = benchmark.models[name], benchmark.outcomes[name]
    low, high = dice_interval(cases)
    summary = summarise(cases)
    return {
        "scans": len(outcomes),
        "failed": len(benchmark.failed(name)),
        "median_dice_95": [low, high],
        "scores": {key: summary.get(key) for key in SCORES},
        "median_costs": median_costs(outcomes),
    }


def _without_nan(value: Any) -> Any:
    """Return a structure with None in place of NaN."""
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
