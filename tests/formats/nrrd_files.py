"""Small NRRD files, written by hand."""

from __future__ import annotations

import numpy as np

SHAPE = (4, 3, 2)
VOXELS = np.arange(24, dtype=np.int16).reshape(SHAPE, order="F")
RAW = VOXELS.tobytes(order="F")
AFFINE = np.array([[-0.9, 0.1, 0, 80], [0, 0, 1.1, -120], [0.05, -1.2, 0, 99.5], [0, 0, 0, 1]])
DIRECTIONS = " ".join(f"({','.join(map(repr, row))})" for row in AFFINE[:3, :3].T.tolist())
FIELDS = {
    "type": "short",
    "dimension": "3",
    "space": "right-anterior-superior",
    "sizes": "4 3 2",
    "space directions": DIRECTIONS,
    "kinds": "domain domain domain",
    "endian": "little",
    "encoding": "raw",
    "space origin": "(80,-120,99.5)",
}
PLAIN = {"space": None, "space directions": None, "space origin": None, "spacings": "1 2 3"}


def nrrd_file(path, data=RAW, extra="", magic="NRRD0004", line_break="\n", **changes):
    """Write a file by hand; a field changed to None is left out, and _ in its name stands for a space."""
    changes = {name.replace("_", " "): value for name, value in changes.items()}
    fields = {name: value for name, value in {**FIELDS, **changes}.items() if value is not None}
    lines = [magic, *(f"{name}: {value}" for name, value in fields.items()), *extra.splitlines()]
    path.write_bytes("".join(line + line_break for line in [*lines, ""]).encode("latin-1") + data)
    return path


def series(path, kind="list", axis=0, **changes):
    """Write a file of two frames, which differ by 100, along any axis."""
    data = np.stack([VOXELS, VOXELS + 100], axis)
    directions = DIRECTIONS.split(" ")
    directions.insert(axis, "none")
    kinds = ["domain"] * 3
    kinds.insert(axis, kind)
    fields = {"dimension": 4, "sizes": " ".join(map(str, data.shape)), "kinds": " ".join(kinds)}
    fields |= {"space directions": " ".join(directions), **changes}
    return nrrd_file(path, data.tobytes(order="F"), **fields)
