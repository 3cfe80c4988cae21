"""The participant level of the BIDS App: raw scans in, BIDS Derivatives out.

Standard: bids-specification.readthedocs.io, version 1.10.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from deskull._version import __version__
from deskull.batch.outputs import Sidecar, quality_path
from deskull.batch.tasks import Task, check_outputs, drop_duplicates
from deskull.bids.failures import RECORDS
from deskull.bids.inheritance import InheritedBValues, InheritedSidecars
from deskull.errors import UsageError
from deskull.formats.bids_names import read_name
from deskull.options import OutputKind, QualityCheck, StripOptions
from deskull.system.atomic import write_bytes

BIDS_VERSION = "1.10.0"
#: Suffixes of the scans to which a plain ``desc-brain_mask`` is understood to belong. Masks of other scans of the
#: same session are named ``desc-brainT2w_mask`` and so on.
_PLAIN_SUFFIXES = ("T1w", "bold", "dwi")
#: Label of intracranial masks, in place of ``brain``: ``desc-icv_mask``, ``desc-icvT2w_mask`` and so on.
ICV = "icv"
#: How sidecars name a scan of the raw dataset, before its path there.
RAW = "bids:raw:"
#: Table that the group level writes.
TABLE = "group_brain.tsv"
_BIDSIGNORE = f"{TABLE}\n{RECORDS}\ndeskull.tsv\n*_quality.json\nreport/\n"


def plan(root: Path, out: Path, scans: Sequence[Path], options: StripOptions) -> list[Task]:
    """Name the derivatives of each scan: files, folders and sidecars.

    Parameters
    ----------
    root, out : Path
        The raw dataset and the dataset of derivatives.
    scans : sequence of Path
        Of `deskull.bids.finding.find_scans`.
    options : StripOptions
        What is done with them.

    Returns
    -------
    list of Task
        One for each scan.

    Raises
    ------
    UsageError
        If two scans would be written to the same file.
    """
    sidecars, b_values = InheritedSidecars(root), InheritedBValues(root)
    tasks = drop_duplicates([_task(root, out, scan, options, sidecars, b_values) for scan in scans])
    check_outputs(tasks)
    return tasks


def _task(
    root: Path,
    out: Path,
    scan: Path,
    options: StripOptions,
    sidecars: InheritedSidecars,
    b_values: InheritedBValues,
) -> Task:
    """Files and sidecars of one scan."""
    place = Path(os.path.relpath(scan, root))  # links are not resolved
    name = read_name(scan)
    contrast = "" if name.suffix in _PLAIN_SUFFIXES else name.suffix
    stems = {
        OutputKind.brainmask: f"{name.stem}_desc-brain{contrast}_mask",
        OutputKind.brain: f"{name.stem}_desc-brain_{name.suffix}",
        OutputKind.icvmask: f"{name.stem}_desc-{ICV}{contrast}_mask",
    }
    common = {"Sources": [f"{RAW}{place.as_posix()}"], "SpatialReference": "orig"}
    contents = {
        OutputKind.brainmask: Sidecar({"Type": "Brain", **common}),
        OutputKind.brain: Sidecar({"SkullStripped": True, **common}, tuple(sidecars.of(root / place))),
        OutputKind.icvmask: Sidecar({"Type": "ROI", **common}, is_of_icv=True),
    }
    folder, wanted = out / place.parent, list(options.outputs)
    files: dict[str, Path] = {kind: folder / f"{stems[kind]}.nii.gz" for kind in wanted}
    described = {folder / f"{stems[kind]}.json": contents[kind] for kind in wanted}
    if options.quality is not QualityCheck.none:
        described[quality_path(files[OutputKind.brainmask])] = Sidecar(common, has_quality=True)
    others = tuple(folder / f"{stem}.nii.gz" for kind, stem in stems.items() if kind not in wanted)
    return Task(scan, folder, files, described, b_values=b_values.of(root / place), other_files=others)


def describe(root: Path, out: Path) -> None:
    """Write ``dataset_description.json``, ``.bidsignore`` and ``README.md`` of the derivatives, unless they exist.

    Parameters
    ----------
    root, out : Path
        The raw dataset and the dataset of derivatives.

    Raises
    ------
    UsageError
        If the folder holds another dataset.
    OutputError
        If they cannot be written.
    """
    description = out / "dataset_description.json"
    if description.exists():
        if "deskull" not in description.read_text(errors="replace"):
            raise UsageError(f"{out}: holds another dataset; choose another folder for the derivatives.")
        return
    fields = {
        "Name": "deskull: brains",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "deskull", "Version": __version__}],
        "DatasetLinks": {"raw": os.path.relpath(root.resolve(), out.resolve())},
    }
    texts = {
        ".bidsignore": _BIDSIGNORE,
        "README.md": "# Brains\n\nBrain masks and stripped scans made by deskull; see dataset_description.json.\n",
        "dataset_description.json": json.dumps(fields, indent=2) + "\n",
    }
    for name, text in texts.items():
        if not (out / name).exists():
            write_bytes(out / name, text.encode())
