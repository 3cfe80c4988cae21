"""Runs: every tool on every scan, each outcome kept in a file, so that a benchmark that stopped can go on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deskull import formats
from deskull.benchmark.outcomes import Outcome, scored
from deskull.benchmark.running import run_command
from deskull.benchmark.tools import Tool
from deskull.data.cases import Case
from deskull.errors import InputError
from deskull.system.atomic import write_bytes
from deskull.system.json_files import read_object

#: Names of the files of an outcome and of what a tool printed.
_OUTCOME, LOG = "outcome.json", "log.txt"
#: Suffixes of scans that tools get as they are; others are converted, because many tools read nothing else.
_AS_IS = (".nii", ".nii.gz")


@dataclass(frozen=True)
class Bench:
    """A folder of results, and how scans are run into it.

    Attributes
    ----------
    folder : Path
    timeout : float
        Time limit of one run in s.
    retry_failed : bool
        Whether scans that failed in an earlier run are run again.
    """

    folder: Path
    timeout: float = 600.0
    retry_failed: bool = False

    @property
    def has_results(self) -> bool:
        """Whether there are outcomes of an earlier run."""
        return next((self.folder / "runs").glob(f"*/*/{_OUTCOME}"), None) is not None

    def clear(self) -> None:
        """Remove the outcomes of an earlier run."""
        for name in ("runs", "inputs"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def place(self, tool: str, case: str) -> Path:
        """Return the folder of a run."""
        return self.folder / "runs" / tool / case

    def outcomes(self, tools: Sequence[Tool], cases: Sequence[Case]) -> Iterator[Outcome]:
        """Run every tool on every scan, all tools on one scan after the other, except where the outcome is known.

        Parameters
        ----------
        tools : sequence of Tool
        cases : sequence of Case

        Yields
        ------
        Outcome
            One for each tool and scan, whatever happens.
        """
        for case in cases:
            for tool in tools:
                known = self._known(tool, case)
                yield known if known is not None else self._run(tool, case)

    def _known(self, tool: Tool, case: Case) -> Outcome | None:
        """Return the outcome of an earlier run of the same command on the same files, if there is one."""
        place = self.place(tool.name, case.name)
        try:
            entry = read_object(place / _OUTCOME)
            outcome = Outcome.from_dict(entry["outcome"])
        except (InputError, LookupError, TypeError):
            return None
        if entry.get("key") != _key(tool, case) or (outcome.fault and self.retry_failed):
            return None
        return outcome if not outcome.mask or (place / outcome.mask).is_file() else None

    def _run(self, tool: Tool, case: Case) -> Outcome:
        """Run a tool on a scan into an empty folder, and keep the outcome."""
        place = self.place(tool.name, case.name)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        outcome = scored(self._outcome(tool, case, place.absolute()), case, place)
        entry = {"key": _key(tool, case), "outcome": outcome.as_dict()}
        write_bytes(place / _OUTCOME, (json.dumps(entry, indent=2) + "\n").encode(errors="backslashreplace"))
        return outcome

    def _outcome(self, tool: Tool, case: Case, place: Path) -> Outcome:
        """Run a tool; a scan that cannot be read is an outcome, too."""
        outcome = Outcome(tool.name, case.name, case.subject)
        try:
            scan = self._input(case)
        except InputError as error:
            return replace(outcome, fault=str(error))
        usage = run_command(tool.command(scan, place), place / LOG, self.timeout)
        found = None if usage.fault else tool.result(place)
        return replace(
            outcome,
            fault=usage.fault or ("" if found else "wrote no mask"),
            mask=found.name if found else "",
            wall_s=round(usage.wall_s, 3),
            cpu_s=round(usage.cpu_s, 3),
            peak_mb=round(usage.peak_mb, 1),
        )

    def _input(self, case: Case) -> Path:
        """Return the scan of a case, converted to NIfTI if it is of another format."""
        if formats.split_name(case.raw)[1].lower() in _AS_IS:
            return case.raw.absolute()
        converted = self.folder / "inputs" / f"{case.name}.nii.gz"
        if not converted.is_file() or converted.stat().st_mtime < case.raw.stat().st_mtime:
            formats.write(replace(formats.read(case.raw), header=None), converted, overwrite=True)
        return converted.absolute()


def _key(tool: Tool, case: Case) -> dict[str, Any]:
    """Return what an outcome depends on: the command, and the files with their sizes and times."""
    return {"command": tool.sha256, "files": [_stamp(path) for path in (case.raw, case.mask, case.roi) if path]}


def _stamp(path: Path) -> list[int]:
    """Return the size of a file and the time of its last change; 0 if it is missing."""
    try:
        status = path.stat()
    except OSError:
        return [0, 0]
    return [status.st_size, status.st_mtime_ns]
