"""``deskull strip``: raw scans in, brains out."""

from __future__ import annotations

import enum
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deskull.cli.console import FAILED, REPORTED, say, sentence
from deskull.cli.progress import watched
from deskull.errors import UsageError

if TYPE_CHECKING:
    from deskull.strip import Result, Stripper


class Surface(enum.StrEnum):
    """Which surface the mask follows."""

    brain = "brain"
    intracranial = "intracranial"


class Frames(enum.StrEnum):
    """What is done with a 4-D series."""

    each = "each"
    mean = "mean"


class EngineName(enum.StrEnum):
    """What runs the network."""

    onnxruntime = "onnxruntime"
    openvino = "openvino"


class Device(enum.StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"


def strip(
    scans: Annotated[
        list[Path],
        typer.Argument(
            metavar="SCAN...", help="Head scans, 3-D or 4-D, or a table of 'deskull data index'.", show_default=False
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for results; by default beside the scan.")
    ] = None,
    mask_only: Annotated[bool, typer.Option("--mask-only", help="Write the mask but not the brain.")] = False,
    border: Annotated[
        float | None, typer.Option(help="End the mask so many mm outside (negative: inside) the surface; by default 0.")
    ] = None,
    surface: Annotated[
        Surface, typer.Option(help="Brain with sulcal fluid, or also the fluid around it.")
    ] = Surface.brain,
    distance: Annotated[bool, typer.Option("--distance", help="Also write the signed distance in mm.")] = False,
    bias_correct: Annotated[bool, typer.Option("--bias-correct", help="Also write the brain after N4.")] = False,
    frame: Annotated[
        Frames, typer.Option(help="Of a 4-D series: a mask of each frame, or of their mean.")
    ] = Frames.each,
    model: Annotated[str, typer.Option(help="A shipped model, or the path of an .onnx file.")] = "default",
    engine: Annotated[EngineName, typer.Option(help="What runs the network.")] = EngineName.onnxruntime,
    device: Annotated[Device, typer.Option(help="Use a GPU if onnxruntime-gpu finds one, or never.")] = Device.auto,
    threads: Annotated[int | None, typer.Option(help="At most so many threads; by default the cores, up to 8.")] = None,
    split: Annotated[str | None, typer.Option(help="Of a table: only the scans of this split.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Leave out scans whose results are all there.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that are there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a scan.")] = False,
) -> None:
    """Strip scans: X.nii.gz gives X_brain.nii.gz and X_brainmask.nii.gz, with the scan's own header."""
    from deskull.memory import keep_freed_memory

    keep_freed_memory()
    from deskull.strip import Stripper

    wanted = _Wanted(out, mask_only, distance, bias_correct, overwrite or resume)
    scans = _expand(scans, split)
    _check_names(scans, wanted)
    stripper = Stripper(model, threads, engine.value, device.value)
    if distance and not stripper.model.distances:
        raise UsageError(f"--distance: {model} knows inside from outside, no distances.")
    left = [scan for scan in scans if not (resume and wanted.done(scan))]
    if len(left) < len(scans):
        say(f"{len(scans) - len(left)} of {len(scans)} scans were stripped before")
    failures = []
    for scan in left if as_json else watched("stripping")(iter(left), len(left)):
        try:
            _one(stripper, scan, wanted, {"border": border, "surface": surface.value, "frame": frame.value}, as_json)
        except (UsageError, BrokenPipeError):
            raise
        except REPORTED as error:
            failures.append(scan)
            say(f"error: {sentence(error)}")
    if failures:
        if len(scans) > 1:
            say(f"{len(failures)} of {len(scans)} scans failed: {', '.join(str(scan) for scan in failures)}")
        raise typer.Exit(FAILED)


class _Wanted:
    """Which files to write, and where."""

    def __init__(self, out: Path | None, mask_only: bool, distance: bool, bias: bool, overwrite: bool) -> None:
        self.out, self.overwrite = out, overwrite
        self.kinds = ["brainmask"]
        self.kinds += [] if mask_only else ["brain"]
        self.kinds += ["distance"] if distance else []
        self.kinds += ["brain_n4"] if bias else []

    def paths(self, scan: Path) -> dict[str, Path]:
        """Output file of each kind for a scan."""
        from deskull.formats import output_suffix, split_name

        folder = self.out or scan.parent
        stem, suffix = split_name(scan)[0], output_suffix(scan)
        return {kind: folder / f"{stem}_{kind}{suffix}" for kind in self.kinds}

    def done(self, scan: Path) -> bool:
        """Whether every output of a scan is there."""
        return all(path.exists() for path in self.paths(scan).values())


def _expand(scans: list[Path], split: str | None) -> list[Path]:
    """The scans, with those that a table lists in its place."""
    if not any(scan.suffix.lower() == ".csv" for scan in scans):
        if split:
            raise UsageError(f"--split {split}: is of a table; give the table of 'deskull data index'.")
        return scans
    from deskull.data.splits import cases_of

    found = []
    for scan in scans:
        table = scan.suffix.lower() == ".csv"
        found += [case.raw for case in cases_of(scan, split)] if table else [scan]
    return found


def _check_names(scans: list[Path], wanted: _Wanted) -> None:
    """Refuse results that would have the name of another scan, or of another scan's results."""
    seen: dict[Path, Path] = {}
    inputs = {scan.resolve() for scan in scans}
    for scan in scans:
        target = wanted.paths(scan)["brainmask"].resolve()
        if target in seen:
            raise UsageError(f"{scan} and {seen[target]}: would both write {target.name}; strip them apart.")
        seen[target] = scan
        for path in wanted.paths(scan).values():
            if path.resolve() in inputs:
                raise UsageError(f"{path}: is a scan to strip and would be a result of {scan}; strip them apart.")


def _one(stripper: Stripper, scan: Path, wanted: _Wanted, options: dict[str, Any], as_json: bool) -> None:
    """Strip one scan, write its files, print its line."""
    from deskull.formats.atomic import refuse_existing

    start = time.perf_counter()
    paths = wanted.paths(scan)
    for path in paths.values():
        refuse_existing(path, wanted.overwrite)
    result = stripper.strip(scan, **options)
    _write(result, paths, wanted.overwrite, stripper.threads)
    seconds = time.perf_counter() - start
    if as_json:
        print(json.dumps(_summary(scan, result, paths, seconds)), flush=True)
    else:
        print(f"{scan}: {result.volume_ml:.0f} ml, {seconds:.1f} s -> {paths['brainmask']}", flush=True)


def _write(result: Result, paths: dict[str, Path], overwrite: bool, threads: int) -> None:
    """Write the files that are wanted: all of them, or none that was not there before."""
    from deskull.formats import write

    start = time.perf_counter()
    makers = {
        "brainmask": lambda: result.mask,
        "brain": lambda: result.brain,
        "distance": lambda: result.distance,
        "brain_n4": lambda: result.bias_corrected(threads),
    }
    added: list[Path] = []
    try:
        for kind, path in paths.items():
            replaces = path.exists()
            write(makers[kind](), path, overwrite=overwrite)
            added += [] if replaces else [path]
    except BaseException:
        for path in added:
            with suppress(OSError):
                path.unlink()
        raise
    result.seconds["write"] = time.perf_counter() - start


def _summary(scan: Path, result: Result, paths: dict[str, Path], seconds: float) -> dict[str, Any]:
    """What ``--json`` prints for a scan."""
    return {
        "scan": str(scan),
        "volume_ml": round(result.volume_ml, 2),
        "seconds": round(seconds, 3),
        "stages": {name: round(spent, 3) for name, spent in result.seconds.items()},
        "files": {kind: str(path) for kind, path in paths.items()},
    }
