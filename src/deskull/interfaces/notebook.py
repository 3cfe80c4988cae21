"""Notebooks: a `Result` in the NiiVue viewer (ipyniivue)."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ipyniivue import NiiVue

from deskull import formats
from deskull.result import Result


def view(result: Result, opacity: float = 0.4, colour: str = "red") -> Any:
    """Show a scan with its mask as an overlay.

    Parameters
    ----------
    result : Result
    opacity : float
        Opacity of the mask, from 0 to 1.
    colour : str
        Name of a colour map of NiiVue.

    Returns
    -------
    ipyniivue.NiiVue
        A widget. Its files are removed when Python ends.
    """
    folder = Path(tempfile.mkdtemp(prefix="deskull-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    scan, mask = folder / "scan.nii.gz", folder / "mask.nii.gz"
    formats.write(result.scan, scan)
    formats.write(result.mask, mask)
    widget = NiiVue()
    widget.load_volumes(
        [{"path": str(scan)}, {"path": str(mask), "colormap": colour, "opacity": opacity, "cal_min": 0, "cal_max": 1}]
    )
    return widget
