"""``deskull-synthstrip``: the command line of SynthStrip (mri_synthstrip 1.8 of FreeSurfer, nipreps-synthstrip).

SynthStrip's mask ends `--border` mm (by default 1) from a surface that includes the fluid around the brain, or excludes
it with ``--no-csf``. Here these are the intracranial surface and that of the brain, and 1 stands for the border on the
network's card; each millimetre more or less moves the mask by a millimetre.
"""

from __future__ import annotations

from collections.abc import Sequence

from deskull._version import __version__
from deskull.cli.drop_in.command import Parser, Request, Typed, move_border, path, run, scan_task
from deskull.options import Device, Frame, OutputKind, StripOptions, Surface

#: SynthStrip's own default border, in mm.
_DEFAULT_BORDER = 1.0


def _parser() -> Parser:
    """Return the parser of the options of SynthStrip."""
    parser = Parser("deskull-synthstrip", description="The options of SynthStrip (mri_synthstrip), on deskull.")
    add = parser.add_argument
    add("-i", "--image", metavar="FILE", type=path, required=True, help="the scan")
    add("-o", "--out", metavar="FILE", type=path, help="file of the brain")
    add("-m", "--mask", metavar="FILE", type=path, help="file of the mask")
    add("-d", "--sdt", metavar="FILE", type=path, help="file of the signed distance in mm")
    add(
        "-b",
        "--border",
        metavar="MM",
        type=float,
        default=_DEFAULT_BORDER,
        action=Typed,
        help="border of the mask; default 1",
    )
    parser.set_defaults(border_typed="")
    add("--no-csf", action="store_true", help="exclude the fluid around the brain")
    add("-t", "-n", "--threads", "--num-threads", metavar="N", type=int, help="maximum number of threads")
    add("-g", "--gpu", action="store_true", help="use a GPU if onnxruntime-gpu finds one")
    add("-f", "--fill", metavar="VALUE", type=float, default=0.0, help="ignored: the background is 0")
    add("-v", "--version", action="version", version=f"deskull {__version__}", help="print the version of deskull")
    add("--model", metavar="FILE", help="a network of deskull (.onnx); others are ignored")
    return parser


def read(arguments: Sequence[str]) -> Request:
    """Read a command line of SynthStrip.

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
        If the arguments are not those of SynthStrip.
    """
    given = _parser().parse_args(arguments)
    files = {OutputKind.brain: given.out, OutputKind.brainmask: given.mask, OutputKind.distance: given.sdt}
    is_network = bool(given.model) and given.model.endswith(".onnx")
    options = StripOptions(
        outputs=tuple(kind for kind, file in files.items() if file),
        overwrite=True,
        surface=Surface.brain if given.no_csf else Surface.intracranial,
        frame=Frame.each,
        model=given.model if is_network else StripOptions.model,
        device=Device.auto if given.gpu else Device.cpu,
        threads=given.threads,
    )
    options = move_border(options, given.border - _DEFAULT_BORDER)
    ignored = [
        name for name, is_given in (("--fill", given.fill), ("--model", given.model and not is_network)) if is_given
    ]
    return Request([scan_task(given.image, files)], options, ignored, border=given.border_typed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; see `deskull.cli.drop_in.command.run`."""
    return run(read, arguments)
