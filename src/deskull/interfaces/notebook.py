"""Notebooks: `view` shows a scan with its mask, whose border a slider moves (ipyniivue)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deskull.checking.judging import check_pair
from deskull.checking.pairs import Pair
from deskull.errors import InputError, UsageError
from deskull.masking import signed_distance
from deskull.pipeline import Stripper, strip
from deskull.provenance import Provenance
from deskull.result import Result
from deskull.system.installation import install_command

#: What the border of a mask that was given is measured from.
GIVEN_MASK = "given mask"


def view(source: Any, *, opacity: float = 0.4, colour: str = "red", frame: int = 0) -> Any:
    """Show a scan with its mask in a notebook.

    Sliders move the border of the mask in mm and its opacity; the verdict with its reasons and the volume stand below.

    Parameters
    ----------
    source : Result, pair of paths, path, nibabel image or Volume
        A result; a scan and a mask of any tool, which is judged as ``deskull check`` does and whose border is measured
        from its own edge; or a scan, which is stripped.
    opacity : float
        Opacity of the mask, from 0 to 1.
    colour : str
        Name of a colour map of NiiVue.
    frame : int
        The frame of a 4-D series that is shown.

    Returns
    -------
    deskull.interfaces.mask_viewer.MaskViewer
        A widget. Its ``mask`` is the mask as it is shown.

    Raises
    ------
    InputError
        If a scan or mask cannot be used.
    UsageError
        If ipyniivue is not installed, the source is no such thing, or there is no such frame.

    Examples
    --------
    >>> import deskull
    >>> viewer = deskull.view(deskull.strip("scan.nii.gz"))  # doctest: +SKIP
    >>> deskull.formats.write(viewer.mask, "mask.nii.gz")  # doctest: +SKIP
    """
    try:
        from deskull.interfaces.mask_viewer import MaskViewer
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name}: is not installed; {install_command('notebook')}.") from None
    if not 0 <= opacity <= 1:
        raise UsageError("must lie between 0 and 1.", parameter="opacity", value=opacity)
    result = _result_of(source)
    if not 0 <= frame < result.scan.n_frames:
        raise UsageError(f"the scan has frames 0 to {result.scan.n_frames - 1}.", parameter="frame", value=frame)
    return MaskViewer(result, opacity, colour, frame)


def _result_of(source: Any) -> Result:
    """Return what is to be shown as a result."""
    if isinstance(source, Result):
        return source
    if isinstance(source, tuple | list):
        if len(source) != 2:
            reason = f"has {len(source)} items; give a scan and its mask."
            raise UsageError(reason, parameter="source")
        return _result_of_pair(Pair(Path(source[0]), Path(source[1])))
    return strip(source)


def _result_of_pair(pair: Pair) -> Result:
    """Judge a mask that is given, and return it with the distance from its own edge.

    Raises
    ------
    InputError
        If one of them cannot be used, or the mask is empty.
    """
    checked = check_pair(Stripper(), pair)
    given = checked.given
    if not given.data.any():
        raise InputError(f"{pair.mask}: is empty; give a mask that holds a brain.")
    return Result(
        checked.scan,
        lambda: signed_distance(given.data.view(bool), given.voxel_sizes),
        given,
        provenance=Provenance("", "", GIVEN_MASK, 0.0),
        quality=checked.quality,
    )
