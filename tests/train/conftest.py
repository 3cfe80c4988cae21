"""A data set, a trained run and its model, shared by the tests of training."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull.train.export import export
from deskull.train.run import Request, train
from deskull.train.trainer import Hardware
from tests.train.phantoms import TINY, write_heads, write_label_maps

#: Long enough to find the brain of a phantom.
LEARNS = replace(TINY, epochs=14, augmentation="pose")


def request_for(data, out, recipe=TINY, **options):
    """A request to train on the CPU."""
    return Request(recipe, data, out, hardware=Hardware("cpu"), **options)


@pytest.fixture(autouse=True, scope="session")
def _one_process():
    """Prepare scans in this process: starting others takes longer than the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("deskull.train.data.factory.default_threads", lambda: 1)
        yield


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    """Table of a data set of five heads, of which the last validates."""
    return write_heads(tmp_path_factory.mktemp("heads"), 5)


@pytest.fixture(scope="session")
def label_maps(tmp_path_factory):
    """Folder with two label maps."""
    return write_label_maps(tmp_path_factory.mktemp("label_maps"))


@pytest.fixture(scope="session")
def trained(table, tmp_path_factory):
    """Folder of a finished run of `LEARNS`."""
    out = tmp_path_factory.mktemp("runs") / "first"
    train(request_for(table, out, LEARNS), lambda _: None)
    return out


@pytest.fixture(scope="session")
def model(trained):
    """The exported model of that run."""
    export(trained, trained.parent / "balls.onnx")
    return trained.parent / "balls.onnx"
