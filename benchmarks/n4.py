"""Measure the time of N4 bias field correction, and how much its shrink factor changes the field.

    python benchmarks/n4.py SCAN [SCAN ...]

Prints the seconds on one thread, and the difference of the field from that at shrink factor 2 (median over the head, in
percent).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from deskull import formats
from deskull.preprocessing.bias_field import bias_field
from deskull.preprocessing.intensity import above_otsu

SHRINKS = (2, 3, 4, 6)


def main() -> None:
    print("| shrink factor | seconds | difference of the field |\n|---|---|---|")
    rows: dict[int, list[tuple[float, float]]] = {shrink: [] for shrink in SHRINKS}
    for path in sys.argv[1:]:
        scan = formats.read(Path(path))
        head = above_otsu(scan.values())
        fields = {}
        for shrink in SHRINKS:
            start = time.perf_counter()
            field = bias_field(scan, head, shrink)
            seconds = time.perf_counter() - start
            fields[shrink] = field / np.median(field[head])
            difference = np.median(np.abs(fields[shrink] / fields[SHRINKS[0]] - 1)[head])
            rows[shrink].append((seconds, 100 * difference))
    for shrink, measured in rows.items():
        seconds, difference = np.median(measured, axis=0)
        print(f"| {shrink} | {seconds:.1f} | {difference:.1f} % |")


if __name__ == "__main__":
    main()
