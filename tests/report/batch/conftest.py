"""Fixtures of the tests of reports: a batch of three scans of one object in different orientations, and a failure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from nibabel.affines import apply_affine

from deskull import Volume, formats
from deskull.batch.records import Record, Status, records_table
from deskull.provenance import Provenance

#: Centre and half axes of the object in mm of world coordinates; a part of it is cut off, so that no flip fits it.
CENTRE, RADII = np.array([10.0, -15.0, 20.0]), np.array([42.0, 55.0, 36.0])
#: A name that a page must show as text.
HOSTILE = "<img src=x onerror=alert(1)>.nii.gz"
VOXEL_SIZE = 2.0
ANGLE = np.deg2rad(25)
#: Directions of the axes of each scan, as columns.
DIRECTIONS = {
    "oblique": np.array([[np.cos(ANGLE), -np.sin(ANGLE), 0], [np.sin(ANGLE), np.cos(ANGLE), 0], [0, 0, 1]]),
    "permuted": np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    "flipped": np.diag([-1.0, -1, 1]),
}
QUALITY = {
    "predicted_dice": 0.93,
    "lower_bound": 0.9,
    "margin_mm": 1.5,
    "verdict": "review",
    "reasons": ["The surface is uncertain."],
    "input": {"contrast": "T1w"},
    "measures": {"difference_95_mm": 1.7861, "components": 1},
    "percentiles": {"difference_95_mm": 37},
}


def make_object(orientation: str) -> tuple[Volume, Volume]:
    """Scan and mask of the object, on a grid whose axes have an orientation."""
    shape = np.array([80, 90, 76])
    affine = np.eye(4)
    affine[:3, :3] = DIRECTIONS[orientation] * VOXEL_SIZE
    affine[:3, 3] = CENTRE - affine[:3, :3] @ (shape - 1) / 2
    voxels = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    offsets = apply_affine(affine, voxels) - CENTRE
    inside = ((offsets / RADII) ** 2).sum(axis=-1) < 1
    inside &= ~((offsets[..., 0] > 8) & (offsets[..., 1] > 5))
    scan = np.where(inside, 1000, 100).astype(np.int16)
    return Volume(scan, affine), Volume(inside.astype(np.uint8), affine)


def centre_of_mask() -> list[float]:
    """World coordinates of the centre of the object's mask, in mm."""
    _, mask = make_object("oblique")
    centre: list[float] = apply_affine(mask.affine, np.argwhere(mask.data)).mean(axis=0).tolist()
    return centre


@pytest.fixture(scope="session")
def results(tmp_path_factory) -> Path:
    """A folder of results with its table, beside the folder of the scans."""
    folder = tmp_path_factory.mktemp("batch")
    made = Provenance("toy", "ab" * 32, "brain", 0.5)
    with records_table(folder / "out" / "deskull.tsv") as append:
        for name in DIRECTIONS:
            scan, mask = folder / "scans" / f"{name}.nii.gz", folder / "out" / f"{name}_brainmask.nii.gz"
            for volume, path in zip(make_object(name), (scan, mask), strict=True):
                formats.write(volume, path)
            warnings = (f"{scan}: its sform is doubtful; check it.",) if name == "flipped" else ()
            files = {"brainmask": str(mask)}
            append(Record(str(scan), Status.done, 300.0, 1.0, files, warnings=warnings, model="toy", provenance=made))
        append(Record(str(folder / "scans" / HOSTILE), Status.failed, error=f"{HOSTILE}: is damaged; copy it again."))
    (folder / "out" / "oblique_quality.json").write_text(json.dumps({"quality": QUALITY}))
    return folder / "out"


@pytest.fixture(scope="session")
def report(results, tmp_path_factory) -> Path:
    """The folder of the batch's report, with the viewer."""
    from deskull.report.batch.writing import write_report

    folder = tmp_path_factory.mktemp("page") / "report"
    write_report(results, folder, viewer=True, jobs=1)
    return folder


@pytest.fixture(scope="session")
def later_report(results, report, tmp_path_factory) -> Path:
    """The report that took the place of a copy of `report` when one mask had changed and a scan had been added."""
    from deskull.report.batch.writing import write_report

    folder = tmp_path_factory.mktemp("later")
    _, mask = make_object("permuted")
    changed = folder / "out" / "permuted_brainmask.nii.gz"
    formats.write(
        Volume(mask.data * (np.arange(len(mask.data)) < 40)[:, None, None].astype(np.uint8), mask.affine), changed
    )
    table = (results / "deskull.tsv").read_text().replace(str(results / changed.name), str(changed))
    (folder / "out" / "deskull.tsv").write_text(table)
    with records_table(folder / "out" / "deskull.tsv") as append:
        append(Record(str(results.parent / "scans" / "added.nii.gz"), Status.failed, error="It is damaged."))
    shutil.copytree(report, folder / "report")
    write_report(folder / "out", folder / "report", jobs=1, overwrite=True)
    return folder / "report"
