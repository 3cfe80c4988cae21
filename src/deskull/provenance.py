"""Provenance: the network and the settings that a mask was made with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deskull._version import __version__

#: Borders that differ by less, in mm, are the same.
SAME_BORDER_MM = 1e-6


@dataclass(frozen=True)
class Provenance:
    """What a mask was made with.

    Attributes
    ----------
    model : str
        Name of the network.
    sha256 : str
        Digest of its file.
    surface : str
        The surface that the mask follows.
    border : float
        Distance in mm from the surface at which it ends.
    frame : str
        How a 4-D series was masked; empty for a 3-D scan.
    version : str
        Version of deskull.
    averaged_frames : str
        Which frames of a series one mask was made from, as ``0, 8-10``; the first is 0. Empty otherwise.
    """

    model: str
    sha256: str
    surface: str
    border: float
    frame: str = ""
    version: str = __version__
    averaged_frames: str = ""

    def differences(self, other: Provenance) -> list[tuple[str, str]]:
        """List the settings in which two masks differ, in the words of `StripOptions`.

        Parameters
        ----------
        other : Provenance

        Returns
        -------
        list of (str, str)
            For instance ``("border=0", "border=5")``: of this mask and of the other. Neither versions of deskull nor
            the frames that were averaged count: they are no settings.
        """
        pairs = [(f"surface={self.surface!r}", f"surface={other.surface!r}")] if self.surface != other.surface else []
        if not math.isclose(self.border, other.border, abs_tol=SAME_BORDER_MM):
            pairs.append((f"border={self.border:g}", f"border={other.border:g}"))
        if self.frame and other.frame and self.frame != other.frame:
            pairs.append((f"frame={self.frame!r}", f"frame={other.frame!r}"))
        if self.sha256 != other.sha256:
            names = (f"model={one.model!r} (sha256 {one.sha256[:8]})" for one in (self, other))
            pairs.append((next(names), next(names)))
        return pairs

    def generated_by(self) -> dict[str, Any]:
        """Return the entry of ``GeneratedBy`` in a BIDS sidecar."""
        parameters = {
            "model": self.model,
            "sha256": self.sha256,
            "surface": str(self.surface),
            "border_mm": self.border,
            **({"frame": str(self.frame)} if self.frame else {}),
            **({"averaged_frames": self.averaged_frames} if self.averaged_frames else {}),
        }
        return {
            "Name": "deskull",
            "Version": self.version,
            "Description": "skull stripping",
            "Parameters": parameters,
        }

    @classmethod
    def from_sidecar(cls, fields: Mapping[str, Any]) -> Provenance | None:
        """Return what a sidecar states; None if it is not one of deskull's masks, or damaged.

        Parameters
        ----------
        fields : mapping
            The JSON object.
        """
        try:
            made = fields["GeneratedBy"][0]
            if made["Name"] != "deskull":
                return None
            return cls.from_texts({**made["Parameters"], "version": made["Version"]})
        except (LookupError, TypeError):
            return None

    @classmethod
    def from_texts(cls, cells: Mapping[str, Any]) -> Provenance | None:
        """Return what a line of a table states; None if the network, the surface or the border is missing.

        Parameters
        ----------
        cells : mapping
            ``model``, ``sha256``, ``surface``, ``border_mm``, ``frame``, ``version`` and ``averaged_frames``.
        """
        try:
            border = float(cells["border_mm"])
            sha256, surface = str(cells["sha256"] or ""), str(cells["surface"] or "")
            names = ("model", "frame", "version", "averaged_frames")
            model, frame, version, averaged = (str(cells.get(name) or "") for name in names)
        except (LookupError, TypeError, ValueError):
            return None
        if not (sha256 and surface and math.isfinite(border)):
            return None
        return cls(model, sha256, surface, border, frame, version, averaged)
