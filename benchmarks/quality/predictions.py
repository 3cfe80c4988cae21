"""Predictions: what two networks and the pipeline make of a scan, kept so that measures can be tried on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from deskull.masking import keep_largest
from deskull.models import load_model
from deskull.models.engine import make_engine
from deskull.models.surface_distance import SurfaceDistance
from deskull.options import Device, EngineName
from deskull.preprocessing.coverage import find_coverage
from deskull.preprocessing.grid import Conformed
from deskull.quality.second import SecondNetwork
from deskull.volume import Volume


@dataclass(frozen=True)
class Predicted:
    """What was predicted for a scan; `None` where the scan could not be stripped."""

    mask: np.ndarray
    arrays: dict[str, np.ndarray]


class Networks:
    """The two shipped networks, with one thread each."""

    def __init__(self) -> None:
        self.model = load_model("default")
        self._first = make_engine(self.model, 1, EngineName.onnxruntime, Device.cpu)
        self._second = SecondNetwork(1, EngineName.onnxruntime, Device.cpu)

    def __call__(self, scan: Volume) -> Predicted | None:
        """Predict the brain of a scan."""
        settings, border = self.model.preprocessing, self.model.default_border("brain")
        coverage = find_coverage(scan)
        part = coverage.part(scan)
        conformed = settings.apply(part, 1)
        if conformed is None:
            return None
        predicted = self._first(conformed.data)
        field_of_view, affine = conformed.coarsened(settings.stride)
        cleaned = keep_largest(predicted[0].copy(), border, self.model.band, field_of_view)
        found = SurfaceDistance(cleaned, affine, part, coverage, scan.shape, border, self.model.band, 1)
        arrays = {
            "image": conformed.averaged(settings.stride).astype(np.float16), "field_of_view": field_of_view,
            "affine": affine, "distance": predicted.astype(np.float16), "cleaned": cleaned.astype(np.float16),
            **self._second_looks(conformed, (cleaned < border) & field_of_view),
        }  # fmt: skip
        return Predicted(found.mask(), arrays)

    def _second_looks(self, conformed: Conformed, inside: np.ndarray) -> dict[str, np.ndarray]:
        """Return what the second network predicts, for the image and its mirror image."""
        found, stride = ndimage.find_objects(inside.astype(np.uint8)), self.model.preprocessing.stride
        box = tuple(slice(stride * side.start, stride * side.stop) for side in found[0]) if found else None
        return {
            "second": self._second(conformed, self.model.voxel_size, box).astype(np.float16),
            "mirrored": self._second.mirrored(conformed, self.model.voxel_size, box).astype(np.float16),
        }


def save(path: Path, predicted: Predicted | None) -> None:
    """Write what was predicted."""
    np.savez(path, **(predicted.arrays if predicted else {}))
