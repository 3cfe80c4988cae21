"""Command line of the fuzzer; see `benchmarks.fuzz`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from benchmarks.fuzz import __doc__ as description
from benchmarks.fuzz.campaign import run
from benchmarks.fuzz.mutations import Mutant, all_seeds
from benchmarks.fuzz.report import forbidden, silent_by_reason, table, write_csv


def main() -> int:
    """Run the fuzzer; the exit status is 1 if a result occurs that must not."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mutants", type=int, default=5000, help="number of mutants over all formats")
    parser.add_argument("--seed", type=int, default=1, help="other seeds give other mutants")
    parser.add_argument("--formats", nargs="+", choices=sorted(all_seeds()), help="all by default")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant of each format")
    parser.add_argument("--jobs", type=int, default=2, help="number of processes")
    parser.add_argument("--out", type=Path, help="CSV file of one row for each mutant")
    options = parser.parse_args()
    names = options.formats or list(all_seeds())
    counts = [options.mutants // len(names) + (k < options.mutants % len(names)) for k in range(len(names))]
    numbers = ((name, options.first + n) for name, count in zip(names, counts, strict=True) for n in range(count))
    start = time.perf_counter()
    results = run([Mutant(name, options.seed, number) for name, number in numbers], options.jobs)
    if options.out:
        write_csv(results, options.out)
    faults = forbidden(results)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # names of files may be of any bytes
    print(table(results), "\nSilent differences:", silent_by_reason(results), sep="\n")
    print("\nMust not occur:", *(faults or ["nothing did"]), sep="\n")
    print(f"\n{len(results)} mutants in {time.perf_counter() - start:.0f} s, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
