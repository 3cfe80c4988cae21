"""Compare the engine of the static page with the package, on every scan: Dice, volumes, time and memory.

    python benchmarks/web_parity.py DATA [--model default] [--only NAME] [--resume] [-o FILE]

DATA is the folder that holds ``labelled``, ``unlabelled``, ``tissue`` and ``oddities``. The engine runs in node, in a
process of its own for each scan, with one thread of WebAssembly; `MIN_DICE` and `MAX_VOLUME_PERCENT` are what every
scan must reach. A scan that one of the two refuses must be refused by the other.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from ledger import commit

import deskull
from deskull import Stripper, Volume, formats
from deskull.errors import InputError
from web_engine import WebEngine, WebEngineError, build_library

MIN_DICE, MAX_VOLUME_PERCENT = 0.9995, 0.1
FOLDERS = ("labelled", "unlabelled", "tissue", "oddities")
#: Endings of the names of files that are no scans.
NOT_SCANS = ("_mask", "_roi", "_tissue")
#: The distances are compared on voxels that are nearer to the surface than this, in mm.
NEAR_MM = 2.0
RESULTS = Path(__file__).parent / "results" / "web_parity.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--only", default="", help="compare only scans whose names hold this")
    parser.add_argument("-o", "--output", type=Path, default=RESULTS)
    parser.add_argument("--resume", action="store_true", help="keep what the file has of scans that were compared")
    options = parser.parse_args()
    stripper, rows, versions = Stripper(options.model), {}, package_versions()
    if options.resume and options.output.exists():
        rows = json.loads(options.output.read_text())["scans"]
    with tempfile.TemporaryDirectory() as folder:
        library = build_library(Path(folder))
        for name, scan in scans(options.data, options.only):
            if name in rows:
                continue
            with WebEngine(library, Path(folder)) as engine:
                rows[name] = compare(scan, stripper, engine)
                write(options.output, options.model, versions | engine.call("versions"), rows)
            print(f"{name}: {json.dumps(rows[name])}", flush=True)
    missed = [name for name, row in rows.items() if not is_same(row)]
    sys.exit(f"differ: {', '.join(missed)}" if missed else 0)


def package_versions() -> dict[str, str]:
    """Return the versions of what the package runs with."""
    return {"deskull": deskull.__version__, "commit": commit(), "onnxruntime": onnxruntime.__version__}


def write(path: Path, model: str, versions: dict[str, str], rows: dict[str, dict[str, Any]]) -> None:
    """Write the record of the scans that have been compared."""
    missed = [name for name, row in rows.items() if not is_same(row)]
    required = {"dice": MIN_DICE, "volume_percent": MAX_VOLUME_PERCENT}
    record = {"model": model, "versions": versions, "required": required, "missed": missed}
    path.write_text(json.dumps(record | {"summary": summary(rows), "scans": rows}, indent=1) + "\n")


def scans(data: Path, only: str) -> Iterator[tuple[str, Volume]]:
    """Yield each 3-D scan with its name."""
    for path in sorted(path for folder in FOLDERS for path in (data / folder).glob("*.nii.gz")):
        name = path.name.removesuffix(".nii.gz")
        if only in name and not name.endswith(NOT_SCANS):
            yield f"{path.parent.name}/{name}", formats.read(path)


def compare(scan: Volume, stripper: Stripper, engine: WebEngine) -> dict[str, Any]:
    """Strip a scan with both, and return how the masks differ."""
    try:
        result = stripper.strip(scan, quality="none", icv=True)
    except InputError as error:
        return {"refused": _sentence(scan, str(error)), "refused_in_web": _refusal(scan, stripper, engine)}
    try:
        found = engine.strip(scan, stripper.model, icv=True)
    except WebEngineError as error:
        return {"refused": "", "refused_in_web": _sentence(scan, str(error))}
    mask, icv = result.mask.data.ravel("F"), result.icv_mask.data.ravel("F") if result.icv_mask else None
    distance = result.distance.data.ravel("F")
    near = np.abs(distance) < NEAR_MM
    return {
        "dice": round(dice(mask, found["mask"]), 6),
        "volume_ml": round(result.volume_ml, 3),
        "volume_ml_in_web": round(found["volumeMl"], 3),
        "volume_percent": round(100 * (found["volumeMl"] / result.volume_ml - 1), 4),
        "dice_intracranial": round(dice(icv, found["intracranial"]["mask"]), 6),
        "distance_mm": round(float(np.abs(distance - found["distance"])[near].max()), 5),
        "voxels": list(scan.shape),
        "seconds": {stage: round(seconds, 2) for stage, seconds in found["seconds"].items()},
        "peak_mb": round(engine.call("memory")),
    }


def _refusal(scan: Volume, stripper: Stripper, engine: WebEngine) -> str:
    """Return why the engine refuses a scan; empty if it does not."""
    try:
        engine.strip(scan, stripper.model)
    except WebEngineError as error:
        return _sentence(scan, str(error))
    return ""


def _sentence(scan: Volume, message: str) -> str:
    """Return a message without the path of the scan."""
    return message.removeprefix(f"{scan.name}: ")


def dice(first: Any, second: Any) -> float:
    """Return the Dice coefficient of two masks, 1 if both are empty."""
    total = int(first.sum(dtype=np.int64)) + int(second.sum(dtype=np.int64))
    return 2 * int(np.count_nonzero(first & second)) / total if total else 1.0


def is_same(row: dict[str, Any]) -> bool:
    """Whether both agree on a scan."""
    if "dice" not in row:
        return bool(row["refused"] and row["refused_in_web"])
    return bool(row["dice"] >= MIN_DICE and abs(row["volume_percent"]) <= MAX_VOLUME_PERCENT)


def summary(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the worst and median figures over the scans."""
    stripped = [row for row in rows.values() if "dice" in row]
    if not stripped:
        return {"scans": len(rows)}
    seconds = [sum(row["seconds"].values()) for row in stripped]
    return {
        "scans": len(rows),
        "refused_by_both": sum("dice" not in row for row in rows.values()),
        "worst_dice": min(row["dice"] for row in stripped),
        "worst_dice_intracranial": min(row["dice_intracranial"] for row in stripped),
        "worst_volume_percent": max(abs(row["volume_percent"]) for row in stripped),
        "worst_distance_mm": max(row["distance_mm"] for row in stripped),
        "median_seconds": round(float(np.median(seconds)), 1),
        "most_seconds": round(max(seconds), 1),
        "most_mb": max(row["peak_mb"] for row in stripped),
    }


if __name__ == "__main__":
    main()
