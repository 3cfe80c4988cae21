"""``deskull-bet``: the command line of BET (FSL).

The fractional intensity threshold ``-f`` moves BET's surface. Here it moves the border of the mask by 1 mm for every
0.2, from the border on the network's card at BET's default of 0.5:

====== ==== ==== ==== ===== ==== ==== ==== ==== ====
``-f`` 0.1  0.2  0.3  0.4   0.5  0.6  0.7  0.8  0.9
mm     +2   +1.5 +1   +0.5  0    -0.5 -1   -1.5 -2
====== ==== ==== ==== ===== ==== ==== ==== ==== ====
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deskull.cli.drop_in.command import Parser, Request, Typed, move_border, path, run, scan_task
from deskull.errors import UsageError
from deskull.options import Frame, OutputKind, StripOptions

#: BET's own default threshold, and that of ``-F``.
_DEFAULT_THRESHOLD, _THRESHOLD_OF_SERIES = 0.5, 0.3
#: How far the border moves outwards for a threshold that is lower by 1, in mm.
_MM_PER_THRESHOLD = 5.0
#: The endings that FSL finds for a name without one, in the order in which they are looked for.
_ENDINGS = (".nii.gz", ".nii", ".img", ".hdr", ".img.gz", ".hdr.gz")
#: The ending of results by the environment variable FSLOUTPUTTYPE.
_OUTPUT_TYPES = {"NIFTI": ".nii", "NIFTI_GZ": ".nii.gz", "NIFTI2": ".nii", "NIFTI2_GZ": ".nii.gz"}
#: Options that need nothing: the network needs no centre to start from, no cleaning and no padding.
_FULFILLED = {
    "-R": "robust estimation of the centre",
    "-S": "removal of the eyes and optic nerves",
    "-Z": "small field of view",
    "-d": "keep intermediate images; there are none",
}
#: Options that mean nothing to deskull, with the number of their values.
_IGNORED = {
    "-o --outline --overlay": (0, "outline of the surface"),
    "-s --skull": (0, "image of the skull"),
    "-e --mesh": (0, "mesh of the surface"),
    "-A": (0, "surfaces of skull and scalp"),
    "-A2": (1, "surfaces of skull and scalp, with a T2 image"),
    "-t --threshold": (0, "thresholding inside the mask"),
    "-g --vertical_gradient": (1, "vertical gradient of the threshold"),
    "-r --radius": (1, "radius of the head"),
    "-w --smooth": (1, "smoothness of the surface"),
    "-c --centre": (3, "centre of gravity"),
    "--ct": (0, "CT"),
}


class _Ignored(argparse.Action):
    """Notes the name of an option without meaning, as it was typed."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        """Add the name to ``ignored``."""
        namespace.ignored = [*namespace.ignored, option]


def _parser() -> Parser:
    """Return the parser of the options of BET and BET2, whose long names are those of BET2 and of fslpy."""
    parser = Parser("deskull-bet", description="The options of BET (FSL), on deskull.", allow_abbrev=False)
    parser.set_defaults(ignored=[], threshold_typed="")
    add = parser.add_argument
    add("input", type=path, help="the scan; its ending may be left out")
    add(
        "output",
        type=path,
        nargs="?",
        help="file of the brain, by default INPUT_brain; its ending is that of FSLOUTPUTTYPE, by default .nii.gz",
    )
    add("-m", "--mask", action="store_true", help="write the mask, output_mask")
    add("-n", "--nooutput", dest="no_brain", action="store_true", help="do not write the brain")
    add(
        "-f",
        "--fracintensity",
        dest="threshold",
        metavar="F",
        type=float,
        action=Typed,
        help="0 to 1, default 0.5; smaller values give a larger brain",
    )
    add("-F", dest="series", action="store_true", help="a 4-D series: one mask, wider by 1 mm (-f 0.3), is written too")
    add("-B", dest="bias", action="store_true", help="accepted; the mask is written too")
    add("-v", "--verbose", action="store_true", help="report the stages")
    for option, meaning in _FULFILLED.items():
        add(option, dest=option, action="store_true", help=f"accepted: {meaning}")
    for names, (count, meaning) in _IGNORED.items():
        shown = "X" if count else None
        add(*names.split(), dest="ignored", action=_Ignored, nargs=count, metavar=shown, help=f"ignored: {meaning}")
    return parser


def read(arguments: Sequence[str]) -> Request:
    """Read a command line of BET.

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
        If an option has a value that cannot be used.
    SystemExit
        If the arguments are not those of BET.
    """
    given = _parser().parse_intermixed_args(arguments)
    stem, ending = _output(given.output or _brain_beside(given.input))
    has_mask = given.mask or given.series or given.bias
    files: dict[OutputKind, Path | None] = {
        OutputKind.brain: None if given.no_brain else stem.with_name(f"{stem.name}{ending}"),
        OutputKind.brainmask: stem.with_name(f"{stem.name}_mask{ending}") if has_mask else None,
    }
    options = StripOptions(
        outputs=tuple(kind for kind, file in files.items() if file), overwrite=True, frame=Frame.mean
    )
    threshold = given.threshold
    if threshold is None:
        threshold = _THRESHOLD_OF_SERIES if given.series else _DEFAULT_THRESHOLD
    task = scan_task(find_input(given.input), files)
    options = move_border(options, border_shift(threshold))
    return Request([task], options, given.ignored, given.verbose, given.threshold_typed)


def border_shift(threshold: float) -> float:
    """Return how far a fractional intensity threshold moves the border outwards.

    Parameters
    ----------
    threshold : float
        0 to 1; BET's default is 0.5.

    Returns
    -------
    float
        In mm; negative if the mask shrinks.

    Raises
    ------
    UsageError
        If the threshold lies outside 0 to 1.
    """
    if not 0 <= threshold <= 1:
        raise UsageError(f"-f {threshold:g}: must lie between 0 and 1.")
    return round(_MM_PER_THRESHOLD * (_DEFAULT_THRESHOLD - threshold), 6)


def find_input(name: Path) -> Path:
    """Return the file of a scan whose ending may be missing or another one, as FSL's tools find it.

    Parameters
    ----------
    name : Path

    Returns
    -------
    Path
        The name as it is if there is no such file.
    """
    if name.exists():
        return name
    stem = _without_ending(name)
    candidates = (stem.with_name(f"{stem.name}{ending}") for ending in _ENDINGS)
    return next((candidate for candidate in candidates if candidate.exists()), name)


def _brain_beside(name: Path) -> Path:
    """File of the brain of a scan for which none is named: FSL's bet appends _brain to the name without its ending."""
    stem = _without_ending(name)
    return stem.with_name(f"{stem.name}_brain")


def _output(name: Path) -> tuple[Path, str]:
    """Stem and ending of the results; FSL's tools take the ending from FSLOUTPUTTYPE alone.

    Raises
    ------
    UsageError
        If it asks for a pair of files, which deskull does not write.
    """
    kind, stem = os.environ.get("FSLOUTPUTTYPE", ""), _without_ending(name)
    if not kind:
        return stem, ".nii" if name.name.endswith(".nii") else ".nii.gz"
    if kind not in _OUTPUT_TYPES:
        raise UsageError(f"FSLOUTPUTTYPE={kind}: is not written; set it to {' or '.join(_OUTPUT_TYPES)}.")
    return stem, _OUTPUT_TYPES[kind]


def _without_ending(name: Path) -> Path:
    """Return a name without the ending of a NIfTI or Analyze file.

    Raises
    ------
    UsageError
        If it is that of a folder, such as ``.``.
    """
    if not name.name:
        raise UsageError(f"{name}: is a folder; name a file.")
    ending = next((ending for ending in _ENDINGS if name.name.endswith(ending)), "")
    return name.with_name(name.name.removesuffix(ending) or name.name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; see `deskull.cli.drop_in.command.run`."""
    return run(read, arguments)
