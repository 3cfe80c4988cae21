"""Mask viewer: a widget with a scan, its mask as an overlay, and sliders (ipyniivue, ipywidgets)."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import ipywidgets
import numpy as np
from ipyniivue import NiiVue

from deskull.formats.compression import LEVEL
from deskull.interfaces.summary import summary
from deskull.result import Result, mask_ml
from deskull.volume import Array, Volume

#: The slider's ends, in mm; distances reach a little farther.
_SLIDER_MM = 5.0
_STEP_MM = 0.05
#: Lowest value of the mask that is drawn: NiiVue outlines nothing where it is 0.
_INSIDE = 0.5
#: Width of the outline, in voxels.
_OUTLINE = 0.5
#: Height of the pictures, in pixels.
_HEIGHT = 420
#: Red, green, blue and opacity of the crosshair.
_CROSSHAIR = (0.4, 0.7, 1.0, 0.6)
#: Captions are not cut short.
_WIDE = {"description_width": "initial"}


class MaskViewer(ipywidgets.VBox):  # type: ignore[misc]
    """A scan with its mask over it.

    Parameters
    ----------
    result : Result
    opacity : float
        Of the mask, from 0 to 1.
    colour : str
        Name of a colour map of NiiVue.
    frame : int
        The frame of a series that is shown.

    Attributes
    ----------
    border : ipywidgets.FloatSlider
        Where the mask ends, in mm from the surface.
    opacity : ipywidgets.FloatSlider
    outline : ipywidgets.Checkbox
        Whether the outline of the mask is drawn.
    niivue : ipyniivue.NiiVue
        The pictures.
    text : ipywidgets.HTML
        Verdict, reasons and volume.
    """

    def __init__(self, result: Result, opacity: float, colour: str, frame: int) -> None:
        self.result, self._frame = result, frame
        self._own_border = result.provenance.border if result.provenance else 0.0
        farthest = max(_SLIDER_MM, abs(self._own_border))
        self.border = ipywidgets.FloatSlider(
            self._own_border, min=-farthest, max=farthest, step=_STEP_MM, description="Border (mm)", style=_WIDE
        )
        self.opacity = ipywidgets.FloatSlider(opacity, min=0, max=1, step=_STEP_MM, description="Opacity")
        self.outline = ipywidgets.Checkbox(True, description="Outline", indent=False)
        self.text = ipywidgets.HTML()
        self.niivue = NiiVue(height=_HEIGHT, crosshair_color=_CROSSHAIR, crosshair_width=0.5)
        self._load(colour)
        self._connect()
        self._move()
        super().__init__([self.niivue, ipywidgets.HBox([self.border, self.opacity, self.outline]), self.text])

    @property
    def mask(self) -> Volume:
        """The mask at the border of the slider, as `Result.mask`."""
        return self.result.mask_at(self.border.value)

    def _load(self, colour: str) -> None:
        """Hand scan and mask to NiiVue, without a file."""
        scan = self.result.scan
        shown = scan.frame(self._frame) if scan.ndim == 4 else scan
        self.niivue.load_volumes(
            [
                {"data": _nifti(shown.finite()), "name": "scan.nii.gz", "colormap": "gray"},
                {"data": _nifti(self._frame_of(self.mask)), "name": "mask.nii.gz", "colormap": colour}
                | {"cal_min": _INSIDE, "cal_max": 1.0, "opacity": 1.0},
            ]
        )
        self._overlay = self.niivue.volumes[1]

    def _connect(self) -> None:
        """Let the controls change the pictures."""
        self.border.observe(self._move, "value")
        self._overlay.observe(self._keep_voxels, "img")
        ipywidgets.link(
            (self.opacity, "value"), (self.niivue, "overlay_alpha_shader")
        )  # NiiVue outlines what is opaque
        self.outline.observe(self._draw_outline, "value")
        self._draw_outline()

    def _move(self, _change: Any = None) -> None:
        """Show the mask at the border of the slider."""
        mask = self.mask
        self._voxels = _in_order_of_file(self._frame_of(mask).data)
        self._overlay.img = self._voxels
        self.text.value = summary(self.result, self.border.value, mask_ml(mask))

    def _keep_voxels(self, change: Any) -> None:
        """Show the mask of the slider, too, in a browser that has just loaded the one of the beginning."""
        if change["new"] is not self._voxels and not np.array_equal(change["new"], self._voxels):
            self._overlay.img = self._voxels

    def _draw_outline(self, _change: Any = None) -> None:
        """Draw the outline or leave it out."""
        self.niivue.overlay_outline_width = _OUTLINE if self.outline.value else 0.0

    def _frame_of(self, mask: Volume) -> Volume:
        """Return the frame of the mask that is shown."""
        return mask.frame(self._frame if mask.ndim == 4 else 0)


def _nifti(volume: Volume) -> bytes:
    """Return a volume as a compressed NIfTI file in memory, without the header that it came with."""
    return gzip.compress(replace(volume, header=None).to_nibabel().to_bytes(), LEVEL, mtime=0)


def _in_order_of_file(mask: Array) -> Array:
    """Return the voxels of a mask as NiiVue keeps them: one after the other, the first axis fastest."""
    return mask.ravel(order="F")
