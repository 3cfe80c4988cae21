"""Settings of preprocessing: how a scan is brought to a network, the same in training and in stripping."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from deskull.errors import InputError, UsageError
from deskull.preprocessing.bias_field import SHRINK, correct_head
from deskull.preprocessing.grid import MAX_EXTENT_MM, Conformed, conform
from deskull.preprocessing.intensity import SCALINGS, clip_ct
from deskull.volume import Volume

_ORDERS = {"linear": 1, "nearest": 0}
#: Smallest voxel size of a network, in mm: its largest grid then has about 600 voxels along an axis.
_MIN_VOXEL_SIZE = 0.5


@dataclass(frozen=True)
class Preprocessing:
    """How scans are brought to a network: chosen by a recipe, kept in the model's card.

    Attributes
    ----------
    voxel_size : float
        Voxel size of the network in mm.
    size_multiple : int
        Each size of the grid is a multiple of this.
    stride : int
        Number of the network's voxels, along each edge, that make one voxel of its output.
    size : tuple of int, optional
        Fixed size of the grid in voxels; without it the grid covers the head.
    n4 : bool
        Whether the bias field of the whole head is corrected first.
    n4_shrink : int
        N4 estimates the field from every `n4_shrink`-th voxel.
    intensity : {"rescale", "standardise", "bytes"}
        See `deskull.preprocessing.intensity`.
    interpolation : {"linear", "nearest"}
        How scans are resampled.
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
        """Voxel size of the network's output in mm."""
        return self.voxel_size * self.stride

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Preprocessing:
        """Make one from the settings of a recipe or a card.

        Parameters
        ----------
        settings : mapping
            Attributes by name; those left out have their defaults.

        Raises
        ------
        UsageError
            If a setting is unknown or has a wrong type or value.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in settings:
            if name not in known:
                raise UsageError(f"preprocess: {name} is not a setting; choose from {', '.join(known)}.")
        values = dict(settings)
        if isinstance(values.get("size"), list):
            values["size"] = tuple(values["size"])
        made = cls(**values)
        made.check()
        return made

    def check(self) -> None:
        """Refuse settings of a wrong type or value.

        Raises
        ------
        UsageError
        """
        for name, choices in (("intensity", SCALINGS), ("interpolation", _ORDERS)):
            if getattr(self, name) not in list(choices):
                raise UsageError(f"preprocess: {name}={getattr(self, name)!r}: choose {' or '.join(choices)}.")
        if not isinstance(self.n4, bool):
            raise UsageError(f"preprocess: n4={self.n4!r}: must be true or false.")
        for name in ("size_multiple", "stride", "n4_shrink"):
            if not _is_positive_integer(getattr(self, name)):
                raise UsageError(f"preprocess: {name}={getattr(self, name)!r}: must be a positive whole number.")
        if not (_is_number(self.voxel_size) and _MIN_VOXEL_SIZE <= self.voxel_size <= MAX_EXTENT_MM):
            limits = f"between {_MIN_VOXEL_SIZE:g} and {MAX_EXTENT_MM:g} mm"
            raise UsageError(f"preprocess: voxel_size={self.voxel_size!r}: must be positive, {limits}.")
        if self.size is not None and not self._size_fits():
            raise UsageError(f"preprocess: size={self.size!r}: must be three multiples of {self.size_multiple}.")

    def _size_fits(self) -> bool:
        """Whether the fixed size is three positive multiples of `size_multiple`."""
        size: Any = self.size
        if not isinstance(size, tuple) or len(size) != 3:
            return False
        return all(_is_positive_integer(n) and n % self.size_multiple == 0 for n in size)

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
            Maximum number of threads.
        reference_grid : Conformed, optional
            Use this one's grid instead of choosing one.

        Returns
        -------
        Conformed or None
            None if the scan has a single value inside the grid.

        Raises
        ------
        InputError
            If the scan is too small for a head.
        """
        clipped = clip_ct(scan)
        if self.n4:
            clipped = correct_head(clipped, self.n4_shrink, threads)
        conformed = conform(
            clipped,
            self.voxel_size,
            self.size_multiple,
            reference_grid,
            size=self.size,
            crop=True,
            order=_ORDERS[self.interpolation],
            threads=threads,
        )
        if not conformed.field_of_view.any():
            size = " x ".join(f"{n * step:.3g}" for n, step in zip(scan.shape, scan.voxel_sizes, strict=True))
            raise InputError(f"{scan.name}: is {size} mm, too small for a head; check the voxel sizes in its header.")
        if not _has_contrast(conformed):
            return None
        image = SCALINGS[self.intensity](conformed.data, conformed.field_of_view)
        return Conformed(image, conformed.field_of_view, conformed.affine)


def _is_number(value: Any) -> bool:
    """Whether a setting is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_positive_integer(value: Any) -> bool:
    """Whether a setting is a whole number of at least 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _has_contrast(conformed: Conformed) -> bool:
    """Whether a scan has more than one value inside the grid."""
    data, inside = conformed.data, conformed.field_of_view
    return bool(data.max(where=inside, initial=-np.inf) > data.min(where=inside, initial=np.inf))
