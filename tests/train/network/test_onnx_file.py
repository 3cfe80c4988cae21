"""ONNX files: the exported network predicts what the trained one does, on grids of any size."""

from __future__ import annotations

from dataclasses import replace

import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("onnxscript", reason="needs onnxscript (deskull[train])")

from deskull.train.network.build import make_network
from deskull.train.network.onnx_file import to_onnx
from tests.train.phantoms import TINY


def rounded(network):
    """A network in evaluation mode whose weights are rounded to 16 bits, as exported ones are."""
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(weight.half())
    return network.eval()


def test_exported_network_predicts_what_the_trained_one_does_on_any_size():
    stride = 2
    network = rounded(make_network(replace(TINY, channels=[4, 8], stride=stride)))
    session = onnxruntime.InferenceSession(to_onnx(network), providers=["CPUExecutionProvider"])
    for size in ((8, 16, 24), (16, 8, 8)):
        image = torch.rand(1, 1, *(stride * n for n in size))
        (predicted,) = session.run(None, {"image": image.numpy()})
        torch.testing.assert_close(torch.from_numpy(predicted), network(image).detach(), atol=1e-4, rtol=1e-4)
