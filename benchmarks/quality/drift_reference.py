"""Write the reference of drift that ships: measures of clean heads with good masks.

    python benchmarks/quality/drift_reference.py MEASURED

MEASURED is what `measure.py` wrote. The heads are those of the training cases; they are judged with the shipped
calibration, so that this is run after `fit.py`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from fit import Table

from deskull.quality import drift
from deskull.quality.assessment import judge_measures
from deskull.quality.calibration import CALIBRATED, load_calibration
from deskull.quality.drift.cohorts import Cohort
from deskull.quality.drift.quality_tables import OUTPUT_COLUMNS, features
from deskull.quality.drift.reading import write_reference

_FOLDER = Path(drift.__file__).parent / "references"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=Path)
    table = Table.read(parser.parse_args().measured / "measures.jsonl")
    kept = (table.column("kind") == "clean") & (table.column("split") == "train") & table.good
    rows = list({row["source"]: row for row in table.part(kept).rows}.values())
    calibration = load_calibration(CALIBRATED)
    stated = [judge_measures(row["input"], row["mask"], calibration).as_dict() for row in rows]
    inputs = {name: _column([quality["input"] for quality in stated], name) for name in rows[0]["input"]}
    outputs = {name: _column(stated, name) for name in OUTPUT_COLUMNS}
    outputs |= {name: _column([quality["measures"] for quality in stated], name) for name in rows[0]["mask"]}
    mirrored = [name for name in outputs if "mirrored" in name]
    outputs = {name: values for name, values in outputs.items() if name not in mirrored}
    cohort = Cohort(CALIBRATED, features(inputs, len(rows)), features(outputs, len(rows)), {})
    _FOLDER.mkdir(exist_ok=True)
    write_reference(_FOLDER / f"{CALIBRATED}.tsv", cohort, overwrite=True)
    n_real = sum(row["real"] for row in rows)
    description = (
        f"{len(rows)} clean scans of adults, children and newborns with good masks, in any contrast: "
        f"{len(rows) - n_real} synthetic heads and {n_real} real scans. Real cohorts differ from "
        "it even where all is well; make a reference of your own to see what has moved."
    )
    (_FOLDER / f"{CALIBRATED}.json").write_text(json.dumps({"description": description}, indent=2) + "\n")
    print(description)


def _column(rows: list[dict[str, float | None]], name: str) -> np.ndarray:
    """Return a number of each row, NaN where it is missing."""
    values = (row.get(name) for row in rows)
    return np.array([np.nan if value is None else value for value in values], float)


if __name__ == "__main__":
    main()
