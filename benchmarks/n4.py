"""What N4 costs before stripping, and what its shrink factor changes.

    python benchmarks/n4.py SCAN [SCAN ...]

Prints seconds on one thread, and how far the field lies from that at shrink 2 (median over the head, in percent).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from deskull import formats
from deskull.preprocessing.bias_field import above_otsu, bias_field

SHRINKS = (2, 3, 4, 6)


def main() -> None:
    print("| shrink | seconds | field differs |\n|---|---|---|")
    found = {shrink: [] for shrink in SHRINKS}
    for path in sys.argv[1:]:
        scan = formats.read(Path(path))
        head = above_otsu(scan.values())
        fields = {}
        for shrink in SHRINKS:
            start = time.perf_counter()
            field = bias_field(scan, head, shrink)
            seconds = time.perf_counter() - start
            fields[shrink] = field / np.median(field[head])
            differs = np.median(np.abs(fields[shrink] / fields[SHRINKS[0]] - 1)[head])
            found[shrink].append((seconds, 100 * differs))
    for shrink, rows in found.items():
        seconds, differs = np.median(rows, axis=0)
        print(f"| {shrink} | {seconds:.1f} | {differs:.1f} % |")


main()
