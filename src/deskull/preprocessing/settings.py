"""Preprocess: from a scan to what a network sees; the same for training and for stripping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from deskull.errors import InputError, UsageError
from deskull.preprocessing.bias_field import SHRINK, correct_head
from deskull.preprocessing.grid import Conformed, conform
from deskull.preprocessing.intensity import SCALINGS, clip_ct
from deskull.volume import Volume

_ORDERS = {"linear": 1, "nearest": 0}


@dataclass(frozen=True)
class Preprocessing:
    """How scans are brought to a network. A recipe chooses it, the model's card carries it.

    Attributes
    ----------
    voxel_size : float
        Edge of the network's voxels in mm.
    size_multiple : int
        The grid's sizes are multiples of this.
    stride : int
        How many of the network's voxels make one of its answer along each edge.
    size : tuple of int, optional
        Fixed size of the grid in voxels; without it the grid covers the scan.
    n4 : bool
        Whether the whole head is corrected for its bias field first.
    n4_shrink : int
        N4 sees every so many-th voxel.
    intensity : {"rescale", "standardise", "bytes"}
        See `deskull.preprocessing.intensity`.
    interpolation : {"linear", "nearest"}
        How images are resampled.
    """

    voxel_size: float = 2.0
    size_multiple: int = 16
    stride: int = 1
    size: tuple[int, int, int] | None = None
    n4: bool = False
    n4_shrink: int = SHRINK
    intensity: str = "rescale"
    interpolation: str = "linear"

    @property
    def output_voxel_size(self) -> float:
        """Edge of the voxels that the network answers on, in mm."""
        return self.voxel_size * self.stride

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Preprocessing:
        """Make one from a recipe's or a card's settings.

        Raises
        ------
        UsageError
            If a setting is unknown or has a value there is none for.
        """
        found = dict(settings)
        if found.get("size"):
            found["size"] = tuple(int(n) for n in found["size"])
        try:
            made = cls(**found)
        except TypeError as error:
            raise UsageError(f"preprocess: {error}; see deskull.preprocessing.settings for the settings.") from None
        made.check()
        return made

    def check(self) -> None:
        """Refuse settings that cannot be.

        Raises
        ------
        UsageError
        """
        if self.intensity not in SCALINGS or self.interpolation not in _ORDERS:
            known = f"{', '.join(SCALINGS)} and {', '.join(_ORDERS)}"
            raise UsageError(f"preprocess: {self.intensity}, {self.interpolation}: unknown; there are {known}.")
        if not (self.voxel_size > 0 and self.size_multiple >= 1 and self.stride >= 1 and self.n4_shrink >= 1):
            raise UsageError("preprocess: voxel_size, size_multiple, stride and n4_shrink must be positive.")
        if self.size and (len(self.size) != 3 or any(n < 1 or n % self.size_multiple for n in self.size)):
            raise UsageError(f"preprocess: size {self.size} must be three multiples of {self.size_multiple}.")

    def as_dict(self) -> dict[str, Any]:
        """Return every setting by name, as JSON and YAML can hold it."""
        settings = asdict(self)
        settings["size"] = list(self.size) if self.size else None
        return settings

    def apply(self, scan: Volume, threads: int = 1, reference_grid: Conformed | None = None) -> Conformed | None:
        """Bring a scan to the network's grid and intensities.

        Parameters
        ----------
        scan : Volume
            A 3-D scan of finite values.
        threads : int
            At most so many threads.
        reference_grid : Conformed, optional
            Use this one's grid instead of choosing one.

        Returns
        -------
        Conformed or None
            None if the scan holds one value only where the grid lies.

        Raises
        ------
        InputError
            If the scan is too small for a head.
        """
        windowed = clip_ct(scan)
        if self.n4:
            windowed = correct_head(windowed, self.n4_shrink, threads)
        order = _ORDERS[self.interpolation]
        conformed = conform(
            windowed,
            self.voxel_size,
            self.size_multiple,
            reference_grid,
            size=self.size,
            crop=True,
            order=order,
            threads=threads,
        )
        if not conformed.field_of_view.any():
            size = " x ".join(f"{n * step:.3g}" for n, step in zip(scan.shape, scan.voxel_sizes, strict=True))
            raise InputError(f"{scan.name}: is {size} mm, too small for a head; check the voxel sizes in its header.")
        if not _varies(conformed):
            return None
        image = SCALINGS[self.intensity](conformed.data, conformed.field_of_view)
        return Conformed(image, conformed.field_of_view, conformed.affine)


def _varies(conformed: Conformed) -> bool:
    """Whether a scan holds more than one value where the grid lies."""
    data, inside = conformed.data, conformed.field_of_view
    return bool(data.max(where=inside, initial=-np.inf) > data.min(where=inside, initial=np.inf))
