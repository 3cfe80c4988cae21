"""The participant level of the BIDS App: raw scans in, BIDS Derivatives out.

Standard: bids-specification.readthedocs.io, version 1.10.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from deskull._version import __version__
from deskull.batch.outputs import Sidecar
from deskull.batch.tasks import Task, check_outputs, drop_duplicates
from deskull.errors import UsageError
from deskull.formats.bids_names import read_name
from deskull.options import OutputKind, StripOptions
from deskull.system.atomic import write_bytes

BIDS_VERSION = "1.10.0"
#: Suffixes of the scans to which a plain ``desc-brain_mask`` is understood to belong. Masks of other scans of the
#: same session are named ``desc-brainT2w_mask`` and so on.
_PLAIN_SUFFIXES = ("T1w", "bold", "dwi")
#: Table that the group level writes.
TABLE = "group_brain.tsv"
_BIDSIGNORE = f"{TABLE}\ndeskull.tsv\nreport/\n"


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
    sidecars = InheritedSidecars(root)
    tasks = drop_duplicates([_task(root, out, scan, options.outputs, sidecars) for scan in scans])
    check_outputs(tasks)
    return tasks


def _task(
    root: Path,
    out: Path,
    scan: Path,
    kinds: Sequence[str],
    sidecars: InheritedSidecars,
) -> Task:
    """Files and sidecars of one scan."""
    place = Path(os.path.relpath(scan, root))  # links are not resolved
    name = read_name(scan)
    label = "brain" if name.suffix in _PLAIN_SUFFIXES else f"brain{name.suffix}"
    stems = {
        OutputKind.brainmask: f"{name.stem}_desc-{label}_mask",
        OutputKind.brain: f"{name.stem}_desc-brain_{name.suffix}",
    }
    common = {"Sources": [f"bids:raw:{place.as_posix()}"], "SpatialReference": "orig"}
    contents = {
        OutputKind.brainmask: Sidecar({"Type": "Brain", **common}),
        OutputKind.brain: Sidecar({"SkullStripped": True, **common}, tuple(sidecars.of(root / place))),
    }
    folder, wanted = out / place.parent, [OutputKind(kind) for kind in kinds]
    files: dict[str, Path] = {kind: folder / f"{stems[kind]}.nii.gz" for kind in wanted}
    return Task(scan, folder, files, {folder / f"{stems[kind]}.json": contents[kind] for kind in wanted})


class InheritedSidecars:
    """The JSON files that describe the scans of a dataset, by the inheritance principle of BIDS.

    Such a file lies in the scan's folder or one above it, has its suffix, and no entity that the scan does not have.
    Each folder is read once.

    Parameters
    ----------
    root : Path
        Folder of the dataset.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[Path, list[Path]] = {}

    def of(self, scan: Path) -> list[Path]:
        """List the files that describe a scan; those of the whole dataset come first and its own comes last."""
        name = read_name(scan)
        folders = [folder for folder in reversed(scan.parents) if folder.is_relative_to(self._root)]
        named = [(path, read_name(path)) for folder in folders for path in self._json_files(folder)]
        return [path for path, other in named if other.suffix == name.suffix and other.parts <= name.parts]

    def _json_files(self, folder: Path) -> list[Path]:
        """JSON files in a folder, those with fewer entities first."""
        if folder not in self._files:
            self._files[folder] = sorted(folder.glob("*.json"), key=lambda path: (path.name.count("_"), path.name))
        return self._files[folder]


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
