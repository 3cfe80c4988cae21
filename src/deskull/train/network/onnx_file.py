"""Networks as ONNX files."""

from __future__ import annotations

import io
import logging
import warnings

import numpy as np
import onnx
import onnxscript.optimizer
import torch
from onnx import TensorProto, helper, numpy_helper

from deskull.train.network.unet import UNet

#: Tensors with fewer values than this keep 32 bits.
_SMALL = 256
#: Number of sizes in the longest description of a shape; every kernel has more values.
_LARGEST_SHAPE = 8


def to_onnx(network: UNet) -> bytes:
    """Convert a network to ONNX, for one scan of any size, with large weights in 16-bit floats.

    Parameters
    ----------
    network : UNet
        In evaluation mode.

    Returns
    -------
    bytes
        One input ``image`` (1, 1, k x, k y, k z), `k` being the stride; one output ``distance`` (1, surfaces, x, y, z).
    """
    multiple = network.size_multiple
    sizes = {axis: multiple * torch.export.Dim(name, min=1) for axis, name in ((2, "x"), (3, "y"), (4, "z"))}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks for developers
        program = torch.onnx.export(
            network,
            (torch.zeros(1, 1, 2 * multiple, 3 * multiple, 4 * multiple),),
            input_names=["image"],
            output_names=["distance"],
            dynamic_shapes=(sizes,),
            dynamo=True,
            optimize=False,
            verbose=False,
        )
        assert program is not None
        # Sizes are computed in advance, but weights keep their names and values, so that training can start from them.
        onnxscript.optimizer.optimize(program.model, input_size_limit=_LARGEST_SHAPE)
    return compact(program.model_proto)


def compact(model: onnx.ModelProto) -> bytes:
    """Return the file of a model, with large weights in 16-bit floats and without notes on its origin.

    Parameters
    ----------
    model : onnx.ModelProto
        Is changed.
    """
    buffer = io.BytesIO()
    onnx.save(_without_notes(_halve_weights(model)), buffer)
    return buffer.getvalue()


def _halve_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large weights as float16 with a cast to float32, which engines evaluate once, on loading."""
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _SMALL:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def _without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Remove notes on the origin of the graph: they name files of this machine and change from run to run."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        part.doc_string = ""
        del part.metadata_props[:]
    return model
