"""Write the quality files of an invented study, to try `deskull drift` on.

    python benchmarks/drift_example.py FOLDER

FOLDER/reference holds 120 scans, FOLDER/study 60, and FOLDER/raw the JSON files that describe them. After the 34th scan
of the study a new scanner, with more noise and less blur, took the place of the old one. Nothing is measured: all
numbers are random.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

N_REFERENCE, N_STUDY, N_BEFORE = 120, 60, 34
SCANNERS = ({"Manufacturer": "Siemens", "ManufacturersModelName": "Trio"},
            {"Manufacturer": "GE", "ManufacturersModelName": "Premier"})  # fmt: skip


def quality(rng: np.random.Generator, is_new: bool) -> dict:
    inputs = {
        "noise_percent": rng.lognormal(np.log(3.0 if is_new else 2.1), 0.2),
        "blur_mm": rng.normal(1.35 if is_new else 1.6, 0.15),
        "tissue_contrast": rng.normal(0.42, 0.04),
        "bias_field_percent": rng.normal(18, 4),
    }
    measures = {
        "volume_ml": rng.normal(1420, 130),
        "edge_gradient": rng.normal(1, 0.08),
        "roughness_mm": rng.lognormal(np.log(0.4), 0.2),
        "pieces": float(rng.poisson(0.1)),
    }
    dice = min(1.0, rng.normal(0.972, 0.006))
    return {"quality": {"predicted_dice": dice, "input": {**inputs, "axes": "RAS"}, "measures": measures}}


def write(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def main() -> None:
    folder, rng = Path(sys.argv[1]), np.random.default_rng(1)
    for number in range(N_REFERENCE + N_STUDY):
        subject, row = f"sub-{number:03d}", number - N_REFERENCE
        place = folder / ("reference" if row < 0 else "study") / subject / "anat"
        write(place / f"{subject}_desc-brain_quality.json", quality(rng, row >= N_BEFORE))
        day = np.datetime64("2024-01-08T09:30:00") + np.timedelta64(4 * max(row, 0), "D")
        sidecar = {**SCANNERS[row >= N_BEFORE], "MagneticFieldStrength": 3, "AcquisitionDateTime": str(day)}
        write(folder / "raw" / subject / "anat" / f"{subject}_T1w.json", sidecar)


if __name__ == "__main__":
    main()
