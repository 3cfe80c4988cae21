"""``deskull-hd-bet``: the command line of HD-BET, versions 1 and 2.

The two versions differ in the mask: version 2 writes it with ``--save_bet_mask``, as ``OUT_bet.nii.gz``, and version 1
unless ``-s 0`` is given, as ``OUT_mask.nii.gz``. A call that has an option of version 1 alone, or no ``-o``, gets
the mask of version 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deskull.cli.drop_in.command import Parser, Request, path, run, scan_task
from deskull.errors import UsageError
from deskull.options import Device, OutputKind, StripOptions

if TYPE_CHECKING:
    from deskull.batch.tasks import Task

_ENDING = ".nii.gz"
#: Options of version 1 that are 0 or 1.
_SWITCHES = {
    "-tta": "0: accepted; 1: ignored",
    "-pp": "accepted: the largest component is always kept",
    "-s --save_mask": "whether the mask is written, as OUT_mask.nii.gz; default 1",
    "-b --bet": "whether the brain is written; default 1",
    "--overwrite_existing": "0: leave out scans whose results exist; default 1",
}


def _parser() -> Parser:
    """Return the parser of the options of HD-BET."""
    parser = Parser("deskull-hd-bet", description="The options of HD-BET 1 and 2, on deskull.")
    add = parser.add_argument
    add("-i", "--input", metavar="PATH", type=path, required=True, help="the scan, or a folder of .nii.gz files")
    add("-o", "--output", metavar="PATH", type=path, help="file of the brain, or folder for the brains of a folder")
    add("-device", default="cuda", help="cpu: never use a GPU; others: use a GPU if onnxruntime-gpu finds one")
    add("--disable_tta", action="store_true", help="accepted")
    add("--save_bet_mask", action="store_true", help="write the mask too, as OUT_bet.nii.gz")
    add("--no_bet_image", action="store_true", help="do not write the brain")
    add("--verbose", action="store_true", help="report the stages")
    add("-mode", choices=("fast", "accurate"), help="version 1; fast: the model small; accurate: the default model")
    for names, text in _SWITCHES.items():
        add(*names.split(), type=int, choices=(0, 1), help=f"version 1; {text}")
    return parser


def read(arguments: Sequence[str]) -> Request:
    """Read a command line of HD-BET.

    Parameters
    ----------
    arguments : sequence of str
        Without the name of the program.

    Returns
    -------
    Request

    Raises
    ------
    UsageError
        If the input or the output cannot be used.
    SystemExit
        If the arguments are not those of HD-BET.
    """
    given = _parser().parse_args(arguments)
    tasks = [_task(scan, file, given) for scan, file in _scans(given.input, given.output)]
    if given.overwrite_existing == 0:
        tasks = [task for task in tasks if not all(file.exists() for file in task.all_files())]
    options = StripOptions(
        overwrite=True,
        model="small" if given.mode == "fast" else StripOptions.model,
        device=Device.cpu if given.device == "cpu" else Device.auto,
    )
    return Request(tasks, options, ["-tta"] if given.tta else [], given.verbose)


def _scans(source: Path, output: Path | None) -> list[tuple[Path, Path]]:
    """Each scan with the file of its brain.

    Raises
    ------
    UsageError
        If a folder holds no scan, or a file and a folder are mixed up.
    """
    if output is None:
        place = source.absolute()  # the name of "." is empty
        output = place.with_name(f"{place.name.split('.')[0]}_bet")
    if source.is_dir():
        scans = sorted(scan for scan in source.iterdir() if scan.name.endswith(_ENDING) and scan.name[0] != ".")
        if not scans:
            raise UsageError(f"{source}: holds no {_ENDING} file; check the path.")
        if output.is_file():
            raise UsageError(f"{output}: is a file, but the input is a folder; name a folder.")
        return [(scan, output / scan.name) for scan in scans]
    if output.is_dir():
        raise UsageError(f"{output}: is a folder, but the input is a file; name a file that ends in {_ENDING}.")
    return [(source, output if output.name.endswith(_ENDING) else output.with_name(f"{output.name}{_ENDING}"))]


def _task(scan: Path, file: Path, given: argparse.Namespace) -> Task:
    """Task of one scan: the brain, the mask, or both."""
    only_old = (given.mode, given.tta, given.pp, given.save_mask, given.bet, given.overwrite_existing)
    is_old = given.output is None or any(value is not None for value in only_old)
    label = "bet" if given.save_bet_mask else "mask" if is_old and given.save_mask != 0 else ""
    has_brain = not given.no_bet_image and given.bet != 0
    mask = file.with_name(f"{file.name.removesuffix(_ENDING)}_{label}{_ENDING}") if label else None
    return scan_task(scan, {OutputKind.brain: file if has_brain else None, OutputKind.brainmask: mask})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; see `deskull.cli.drop_in.command.run`."""
    return run(read, arguments)
