"""Strip real scans with `default` on the page of ``deskull serve``, and compare with the command line, voxel by voxel.

    python -m benchmarks.serve_real DATA OUT [--names ms-T2w child-T1w ct dicom oblique permuted]

DATA is the folder of the scans that the tests use. A browser chooses each scan as it is, waits, downloads mask and
brain, moves the border to 2.5 mm and downloads the mask again. The command lines that the page shows are run, too.
Prints the number of voxels that differ, and leaves pictures of all views in OUT/pictures.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from tests.pages import WEB, find_browser, run_in_browser
from tests.web.served_scans import Case, differing, make_cases, repeat, serving
from typer.testing import CliRunner

from deskull.cli import app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--names", nargs="+")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    folders = {name: options.out / name for name in ("scans", "downloads", "pictures", "repeated")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    cases = [case for case in make_cases(options.data, folders["scans"], small=False) if _wanted(case, options.names)]
    browse(cases, options.out, folders)
    facts = json.loads((folders["downloads"] / "facts.json").read_text())
    for case in cases:
        compare(case, facts[case.name], folders)


def _wanted(case: Case, names: list[str] | None) -> bool:
    return names is None or case.name in names


def browse(cases: list[Case], out: Path, folders: dict[str, Path]) -> None:
    """Do in a browser what the tests do, and take pictures; a batch of two small scans is reviewed."""
    batch = [str(case.file) for case in cases if case.name in ("ct", "permuted")] or [str(cases[0].file)]
    CliRunner().invoke(app, ["strip", *batch, "-o", str(out / "batch") + "/", "--overwrite"])
    review = ["--review", str(out / "batch")] if len(batch) > 1 else []
    with serving(out / "work", *review) as (_, address):
        told = [{"name": case.name, "file": str(case.file), "marks": 0} for case in cases]
        settings = {"SERVER": address, "CASES": json.dumps(told), "OUT": str(folders["downloads"])}
        settings |= {"MODEL": "default", "SHOTS": str(folders["pictures"])}
        run_in_browser(WEB / "app" / "tests" / "served" / "scans.test.mjs", find_browser("app"), settings, timeout=3600)


def compare(case: Case, facts: dict, folders: dict[str, Path]) -> None:
    """Print how many voxels differ between the downloads and what the command lines make."""
    saved, made = folders["downloads"], folders["repeated"] / case.name
    brain, mask = repeat(facts["command"], case.file.parent, made / "made")
    _, moved = repeat(facts["moved"]["command"], case.file.parent, made / "moved")
    pairs = {"mask": (mask, "mask"), "brain": (brain, "brain"), "mask at 2.5 mm": (moved, "moved")}
    counts = {name: len(differing(saved / f"{case.name}_{kind}.nii.gz", path)) for name, (path, kind) in pairs.items()}
    print(f"{case.name}: {facts['voxels']} voxels in the mask; differing: {counts}", flush=True)


if __name__ == "__main__":
    main()
