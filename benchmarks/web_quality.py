"""Compare the quality verdict of the static page with the package's, on real scans: each gets the same evidence.

    python benchmarks/web_quality.py DATA [-o FILE]

DATA is the folder that holds ``labelled``, ``unlabelled``, ``tissue`` and ``oddities``. The package strips each scan
and hands its evidence to the page's program in node. Verdict and reasons must be the same, and the predicted Dice must
differ by no more than `MAX_DICE`. One scan is stripped and judged by the page's program alone, for the seconds that
this takes.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from ledger import commit
from web_evidence import collect_evidence

import deskull
from deskull import Stripper, formats
from deskull.models import load_model
from deskull.quality.assessment import assess
from deskull.quality.calibration import load_calibration
from deskull.quality.measures import input_measures, mask_measures
from deskull.quality.second import second_model
from web_engine import WebEngine, as_web_evidence, build_library, read_calibration

MAX_DICE = 0.002
#: Adults' T1w and T2w, a child, CT, thick slices, an EPI, a slab, and what shows no human head.
SCANS = (
    "labelled/mne_ecog_T1", "labelled/msl_p12_s1_T2W", "unlabelled/fnndsc_sag_anon_T1_3y", "unlabelled/ct_ge_CT",
    "unlabelled/openfmri_ds011_sub-01_inplaneT2", "unlabelled/epi_misc_siemens_mb", "unlabelled/siemens_xa30_T1_2mm",
    "oddities/lesion_heat_map", "oddities/macaque_brain_T1", "oddities/b0_2mm",
)  # fmt: skip
RESULTS = Path(__file__).parent / "results" / "web_quality.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    stripper, rows = Stripper(), {}
    with tempfile.TemporaryDirectory() as folder, WebEngine(build_library(Path(folder)), Path(folder)) as engine:
        engine.call("quality.load", read_calibration())
        for name in SCANS:
            rows[name] = compare(options.data / f"{name}.nii.gz", stripper, engine)
            print(f"{name}: {json.dumps(rows[name])}", flush=True)
        alone = strip_alone(options.data / f"{SCANS[0]}.nii.gz", engine)
        versions = engine.call("versions") | {"deskull": deskull.__version__, "commit": commit()}
    missed = [name for name, row in rows.items() if not is_same(row)]
    record = {"versions": versions, "largest": largest(rows), "alone": alone, "missed": missed, "scans": rows}
    options.output.write_text(json.dumps(record, indent=1) + "\n")
    sys.exit(f"differ: {', '.join(missed)}" if missed else 0)


def compare(path: Path, stripper: Stripper, engine: WebEngine) -> dict[str, Any]:
    """Judge the mask of a scan with both, by the same evidence."""
    evidence = collect_evidence(stripper, formats.read(path))
    calibration = load_calibration("default")
    own, given = assess(evidence, calibration).as_dict(), as_web_evidence(evidence)
    found = engine.call("quality.judged", {"model": {"name": "default"}, "evidence": given}, "default")
    measured = engine.call("quality.measure", given)
    measures = input_measures(evidence) | mask_measures(evidence, calibration.shape)
    page = measured["input"] | measured["measures"]
    apart = {name: deviation(page[name], value) for name, value in measures.items()}
    kept = ("verdict", "reasons", "predicted_dice")
    return {
        "package": {name: own[name] for name in kept},
        "page": {name: found[name] for name in kept},
        "same_findings": own["input"].get("findings") == found["input"].get("findings"),
        "deviations": {name: value for name, value in apart.items() if value > 1e-6},
        "judge_seconds": round(found["seconds"], 2),
    }


def deviation(page: float | None, own: float) -> float:
    """Return the difference of a measure as a part of its size; infinite where one alone is missing."""
    if page is None or math.isnan(own):
        return 0.0 if page is None and math.isnan(own) else math.inf
    return float(f"{abs(page - own) / max(abs(own), 1e-6):.2g}")


def is_same(row: dict[str, Any]) -> bool:
    """Whether both judge alike."""
    own, page = row["package"], row["page"]
    same = all(own[name] == page[name] for name in ("verdict", "reasons"))
    return same and row["same_findings"] and abs(own["predicted_dice"] - page["predicted_dice"]) <= MAX_DICE


def largest(rows: dict[str, Any]) -> dict[str, float]:
    """Return the largest deviation of each measure, the largest first."""
    names = {name for row in rows.values() for name in row["deviations"]}
    worst = {name: max(row["deviations"].get(name, 0.0) for row in rows.values()) for name in names}
    return dict(sorted(worst.items(), key=lambda item: -item[1]))


def strip_alone(path: Path, engine: WebEngine) -> dict[str, Any]:
    """Strip and judge a scan with the page's program; the seconds of each stage."""
    networks = load_model("default"), second_model()
    result = engine.strip_and_judge(formats.read(path), *networks, read_calibration(), "default")
    kept = {name: result["quality"][name] for name in ("verdict", "predicted_dice")}
    return {**kept, "seconds": {stage: round(value, 1) for stage, value in result["seconds"].items()}}


if __name__ == "__main__":
    main()
