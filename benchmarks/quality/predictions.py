"""Predictions: what two networks and the pipeline make of a scan, kept so that measures can be tried on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from deskull.masking import keep_largest
from deskull.models import load_model
from deskull.models.surface_distance import SurfaceDistance
from deskull.options import Device, EngineName, Surface
from deskull.preprocessing.coverage import find_coverage
from deskull.quality.second import SecondNetwork
from deskull.volume import Volume

#: Layers of the network that are kept, for features: before the deepest step, and the deepest.
LAYERS = ("leaky_relu_7", "leaky_relu_9")


@dataclass(frozen=True)
class Predicted:
    """What was predicted for a scan; `None` where the scan could not be stripped."""

    mask: np.ndarray
    arrays: dict[str, np.ndarray]


class Networks:
    """The two shipped networks, with one thread each."""

    def __init__(self) -> None:
        self.model, self._second = load_model("default"), SecondNetwork(1, EngineName.onnxruntime, Device.cpu)
        graph = onnx.load_from_string(self.model.content())
        for name in LAYERS:
            graph.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
        self._first = _session(graph.SerializeToString())

    def __call__(self, scan: Volume) -> Predicted | None:
        """Predict the brain of a scan."""
        settings, border = self.model.preprocessing, self.model.default_border("brain")
        coverage = find_coverage(scan)
        part = coverage.part(scan)
        conformed = settings.apply(part, 1)
        if conformed is None:
            return None
        outputs = self._first.run(None, {self._first.get_inputs()[0].name: conformed.data[None, None]})
        predicted = outputs[0][0]
        field_of_view, affine = conformed.coarsened(settings.stride)
        cleaned = keep_largest(predicted[0].copy(), border, self.model.band, field_of_view)
        found = SurfaceDistance(cleaned, affine, part, coverage, scan.shape, border, self.model.band, 1)
        arrays = {
            "image": conformed.averaged(settings.stride).astype(np.float16), "field_of_view": field_of_view,
            "affine": affine, "distance": predicted.astype(np.float16), "cleaned": cleaned.astype(np.float16),
            "second": self._second(conformed, self.model.voxel_size, Surface.brain).astype(np.float16),
        }  # fmt: skip
        arrays |= {name: values[0].astype(np.float16) for name, values in zip(LAYERS, outputs[1:], strict=True)}
        return Predicted(found.mask(), arrays)


def _session(content: bytes) -> onnxruntime.InferenceSession:
    """Load a network."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def save(path: Path, predicted: Predicted | None) -> None:
    """Write what was predicted."""
    np.savez(path, **(predicted.arrays if predicted else {}))
