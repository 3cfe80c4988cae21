"""Where the slices of DICOM images lie: their own positions, gaps between them, and whether a volume fits them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from deskull.volume import Affine, Volume

#: World coordinates of DICOM (to the left, posterior, superior) in those of deskull (right, anterior, superior).
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
#: Maximum distance, in voxels, of a slice's pixels from the voxels of the volume that holds them.
TOLERANCE_VOXELS = 0.1
#: Slices less than this far apart, in mm, have the same position.
SAME_POSITION_MM = 0.01
#: Distances between neighbouring slices may exceed their typical distance by this factor.
_MAX_UNEVENNESS = 1.25


@dataclass(frozen=True)
class Frame:
    """A slice with its place in the world.

    Attributes
    ----------
    affine : ndarray, shape (4, 3)
        (row, column, 1) to homogeneous world coordinates in mm (RAS+).
    shape : tuple of int
        Number of rows and columns.
    """

    affine: Affine
    shape: tuple[int, int]

    @property
    def normal(self) -> Affine:
        """Unit vector perpendicular to the slice, shape (3,)."""
        normal = np.cross(self.affine[:3, 0], self.affine[:3, 1])
        unit: Affine = normal / np.linalg.norm(normal)
        return unit

    @property
    def origin(self) -> Affine:
        """World coordinates of the first pixel, shape (3,)."""
        origin: Affine = self.affine[:3, 2]
        return origin


def read_frames(headers: Iterable[Any]) -> list[Frame]:
    """Read the place of each frame of single-frame or multi-frame images (PS3.3 C.7.6.2.1.1, C.7.6.16.2.3).

    Parameters
    ----------
    headers : iterable of pydicom.Dataset

    Returns
    -------
    list of Frame
        In the order of the images and of the frames in them.

    Raises
    ------
    AttributeError, LookupError
        If an image does not state where it lies.
    TypeError, ValueError
        If it states it in values that are no place.
    """
    frames = []
    for header in headers:
        shape = (int(header.Rows), int(header.Columns))
        if "PerFrameFunctionalGroupsSequence" not in header:
            affine = _affine(header.ImagePositionPatient, header.ImageOrientationPatient, header.PixelSpacing)
            frames.append(Frame(affine, shape))
            continue
        shared = header.SharedFunctionalGroupsSequence[0]
        for own in header.PerFrameFunctionalGroupsSequence:
            position = _group((own, shared), "PlanePositionSequence").ImagePositionPatient
            orientation = _group((own, shared), "PlaneOrientationSequence").ImageOrientationPatient
            spacing = _group((own, shared), "PixelMeasuresSequence").PixelSpacing
            frames.append(Frame(_affine(position, orientation, spacing), shape))
    return frames


def _group(groups: tuple[Any, Any], name: str) -> Any:
    """A functional group of a frame, or else of all frames."""
    for group in groups:
        if name in group:
            return group[name].value[0]
    raise AttributeError(f"no {name}")


def _affine(position: Any, orientation: Any, spacing: Any) -> Affine:
    """Matrix of a `Frame`."""
    if position is None or orientation is None or spacing is None:
        raise AttributeError("an attribute is empty")
    along_row, along_column = np.array(orientation, float).reshape(2, 3)
    matrix = np.zeros((4, 3))
    matrix[:3, 0] = along_column * float(spacing[0])
    matrix[:3, 1] = along_row * float(spacing[1])
    matrix[:3, 2] = np.array(position, float)
    matrix[3, 2] = 1
    area = np.linalg.norm(np.cross(matrix[:3, 0], matrix[:3, 1]))
    if not (np.isfinite(matrix).all() and area > 1e-6):
        raise ValueError("orientation or spacing is not that of a slice")
    return _LPS_TO_RAS @ matrix


def same_plane(first: Frame, second: Frame) -> bool:
    """Whether two slices have the same matrix, pixel size and orientation, and differ in position alone."""
    size = np.linalg.norm(first.affine[:3, :2], axis=0).min()
    differ = np.abs(first.affine[:3, :2] - second.affine[:3, :2]).max()
    return bool(first.shape == second.shape and differ < 0.01 * size)


def heights(frames: Sequence[Frame]) -> Affine:
    """Positions of parallel slices along the normal of the first, in mm, shape (n,)."""
    positions: Affine = np.array([frame.origin for frame in frames]) @ frames[0].normal
    return positions


def distinct(positions: Affine) -> Affine:
    """Sort positions along a line and drop those that repeat another within `SAME_POSITION_MM`."""
    ordered = np.sort(positions)
    kept: Affine = ordered[np.concatenate([[True], np.diff(ordered) > SAME_POSITION_MM])]
    return kept


def count_incomplete(positions: Affine) -> int:
    """Count the positions that hold fewer slices than others, as where the last frame of a time series is cut off."""
    order = distinct(positions)
    places = np.searchsorted(order, positions + SAME_POSITION_MM / 2, side="right") - 1
    counts = np.bincount(places, minlength=len(order))
    return int((counts < counts.max()).sum())


def describe_gaps(positions: Affine) -> str:
    """Describe what is missing between slices.

    Parameters
    ----------
    positions : ndarray, shape (n,)
        Of slices along their normal in mm, in the order in which slices are counted.

    Returns
    -------
    str
        For example "slices 12 to 14 of 35 are missing (19.2 mm from one slice to the next instead of 4.8 mm)"; empty
        if the slices are evenly spaced.
    """
    ordered = distinct(positions)
    if len(ordered) < 3:
        return ""
    steps = np.diff(ordered)
    typical = float(np.percentile(steps, 20))
    if steps.max() <= _MAX_UNEVENNESS * typical:
        return ""
    if np.abs(steps / typical - np.rint(steps / typical)).max() > 0.2:
        return f"the slices are unevenly spaced ({steps.min():.3g} to {steps.max():.3g} mm apart)"
    places = [0, *np.cumsum(np.rint(steps / typical)).astype(int).tolist()]
    total = places[-1] + 1
    if positions[0] > positions[-1]:
        places = [total - 1 - place for place in reversed(places)]
    ranges = [(first + 2, second) for first, second in pairwise(places) if second - first > 1]
    named = _named_ranges(ranges)
    single = len(ranges) == 1 and ranges[0][0] == ranges[0][1]
    fault = f"{steps.max():.3g} mm from one slice to the next instead of {typical:.3g} mm"
    return f"{'slice' if single else 'slices'} {named} of {total} {'is' if single else 'are'} missing ({fault})"


def _named_ranges(ranges: Sequence[tuple[int, int]], most: int = 6) -> str:
    """Text of ranges of numbers: "3, 5 to 7", the first `most` of them."""
    texts = [f"{first}" if first == last else f"{first} to {last}" for first, last in ranges]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def misplacement(volume: Volume, frames: Sequence[Frame]) -> float:
    """Greatest distance of the corner pixels of slices from the voxels of a volume that should hold them.

    Parameters
    ----------
    volume : Volume
    frames : sequence of Frame

    Returns
    -------
    float
        In voxels; infinite if slices lie outside the volume, are not parallel to its axes, or if the volume has
        another number of planes than there are positions.
    """
    to_voxel = np.linalg.inv(volume.affine)[:3]
    worst = 0.0
    planes = set()
    for frame in {frame.affine.tobytes(): frame for frame in frames}.values():  # frames of a time series repeat
        rows, columns = frame.shape
        ends = np.array([[0, 0, 1], [rows - 1, 0, 1], [0, columns - 1, 1], [rows - 1, columns - 1, 1]], float)
        places = to_voxel @ frame.affine @ ends.T
        nearest = np.rint(places)
        if (nearest < 0).any() or (np.array(volume.shape) - 1 < nearest.T).any():
            return float("inf")
        along = np.abs(nearest[:, 1:3] - nearest[:, :1]).sum(axis=0)
        axes = (np.abs(nearest[:, 1:3] - nearest[:, :1]) > 0).sum(axis=0)
        if along.tolist() != [rows - 1, columns - 1] or axes.max() > 1:
            return float("inf")
        worst = max(worst, float(np.abs(places - nearest).max()))
        planes.add(tuple(nearest.min(axis=1)))
    return worst if len(planes) * rows * columns == np.prod(volume.shape) else float("inf")
