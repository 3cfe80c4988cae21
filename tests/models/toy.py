"""Toy networks: real ONNX files with cards, which are fast because they only smooth and threshold an image."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

onnx = pytest.importorskip("onnx", reason="needs onnx (deskull[train])")
from onnx import TensorProto, helper

CARD = {
    "name": "toy",
    "voxel_size_mm": 4.0,
    "band_mm": 10.0,
    "size_multiple": 4,
    "surfaces": ["brain", "intracranial"],
    "parameters": 0,
}
#: Scaled intensity at the edge of the "brain" of `threshold_network`, and its distances in mm for each unit.
_THRESHOLD, _MM_PER_UNIT = 0.5, 20.0
_IMAGE = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, "x", "y", "z"])


def write_model(folder: Path, nodes, outputs=("distance",), axes=5, inputs=(_IMAGE,), **card) -> Path:
    """Write a network and its card; returns the path of the ONNX file."""
    shape = [1, 2, "x", "y", "z"][:axes]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in outputs]
    graph = helper.make_graph(nodes, "toy", list(inputs), ports)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    content = model.SerializeToString()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "toy.onnx"
    path.write_bytes(content)
    facts = CARD | {"sha256": hashlib.sha256(content).hexdigest()} | card
    path.with_suffix(".json").write_text(json.dumps(facts))
    return path


def constant(name: str, value: float):
    """A node with a number."""
    return helper.make_node("Constant", [], [name], value=helper.make_tensor(name, TensorProto.FLOAT, [], [value]))


def threshold_network():
    """Nodes that call bright voxels brain, and what is up to 1 mm outside them intracranial."""
    return [
        helper.make_node("AveragePool", ["image"], ["smooth"], kernel_shape=[3, 3, 3], pads=[1] * 6),
        constant("threshold", _THRESHOLD),
        helper.make_node("Sub", ["threshold", "smooth"], ["below"]),
        constant("scale", _MM_PER_UNIT),
        helper.make_node("Mul", ["below", "scale"], ["brain"]),
        constant("margin", 1.0),
        helper.make_node("Sub", ["brain", "margin"], ["intracranial"]),
        helper.make_node("Concat", ["brain", "intracranial"], ["distance"], axis=1),
    ]
