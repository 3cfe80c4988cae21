"""Score the calibration that ships on the test cases.

    python benchmarks/quality/score.py MEASURED [--figures FILE.json]

MEASURED is what `measure.py --shipped-shape` wrote. Where the network has changed since the calibration was fitted,
this says how well it does on the masks of the new one; nothing that ships is changed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from fit import EFFORTS, Table
from scores import print_scores, scores

from deskull.quality.calibration import CALIBRATED, load_calibration


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=Path)
    parser.add_argument("--figures", type=Path)
    options = parser.parse_args()
    table = Table.read(options.measured / "measures.jsonl")
    test = table.part(table.column("split") == "test")
    figures = {}
    for effort in EFFORTS:
        shipped = load_calibration(CALIBRATED, effort)
        models = {"error": shipped.error, "margin": shipped.margin, "head": shipped.head}
        figures[effort] = scores(test, models, dict(shipped.bounds), dict(shipped.thresholds))
        print_scores(effort, figures[effort])
    if options.figures:
        options.figures.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
