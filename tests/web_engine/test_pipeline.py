"""Pipeline of the engine of the static page: the masks and errors of Python, with toy networks."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.web_engine import WebEngineError, as_web_volume

from deskull import Stripper, formats
from deskull.models import load_model
from deskull.options import Device, EngineName
from deskull.quality.second import SecondNetwork
from tests.web_engine.conftest import GRIDS, shaped

BORDER = 0.3
#: Far from the surface, in mm, the distance ends at a box whose edge is rounded.
NEAR = 8.0


@pytest.fixture
def toy(toy_model):
    return load_model(toy_model)


def differing(first, second):
    """Fraction of the voxels of two masks that differ, of those in one of them."""
    return np.count_nonzero(first != second) / np.count_nonzero(first | second)


def test_masks_and_distances_are_those_of_python(web_engine, toy, toy_stripper, scan):
    result = toy_stripper.strip(scan, border=BORDER, icv=True, quality="none")
    found = web_engine.strip(scan, toy, borderMm=BORDER, icv=True)
    assert differing(shaped(found["mask"], scan.shape), result.mask.data) < 5e-4
    assert differing(shaped(found["intracranial"]["mask"], scan.shape), result.icv_mask.data) < 5e-4
    near = np.abs(result.distance.data) < NEAR
    np.testing.assert_allclose(shaped(found["distance"], scan.shape)[near], result.distance.data[near], atol=0.02)
    assert found["volumeMl"] == pytest.approx(result.volume_ml, rel=5e-4)


def test_padding_holds_no_mask(web_engine, toy, tiny_head):
    data = np.pad(tiny_head.data, [(0, 0), (0, 0), (12, 0)])
    found = web_engine.strip(replace(tiny_head, data=data), toy)
    assert not shaped(found["mask"], data.shape)[..., :12].any()


def test_stages_are_told_in_their_order(web_engine, toy, tiny_head):
    stages = web_engine.strip(tiny_head, toy)["stages"]
    assert [progress["stage"] for progress in stages] == ["load", "conform", "network", "resample"]
    assert all(progress["done"] < progress["next"] <= 1 for progress in stages)


def test_missing_values_are_background_and_said(web_engine, toy, tiny_head):
    data = tiny_head.data.astype(np.float32)
    data[:2] = np.nan
    found = web_engine.strip(replace(tiny_head, data=data), toy)
    assert "are NaN or infinite and are taken as background" in found["warnings"][0]


def test_scan_of_one_value_is_refused(web_engine, toy, tiny_head):
    with pytest.raises(WebEngineError, match="every voxel has the same value") as caught:
        web_engine.strip(replace(tiny_head, data=np.full(tiny_head.shape, 3, np.int16)), toy)
    assert caught.value.kind == "input"


@pytest.mark.parametrize(
    ("options", "message"),
    [({"borderMm": 11}, "within 10 mm of the surface"), ({"surface": "skin"}, "has no skin surface; choose brain")],
)
def test_option_that_the_network_cannot_meet_is_refused(web_engine, toy, tiny_head, options, message):
    with pytest.raises(WebEngineError, match=message) as caught:
        web_engine.strip(tiny_head, toy, **options)
    assert caught.value.kind == "usage"


def test_card_that_needs_n4_is_refused(web_engine, toy):
    card = json.loads(toy.path.with_suffix(".json").read_text()) | {"preprocess": {"n4": True}}
    with pytest.raises(WebEngineError, match="needs n4 = true, which the page cannot do"):
        web_engine.call("settings.preprocessingOf", card)


def test_network_that_is_not_that_of_its_card_is_refused(web_engine, toy, tmp_path, tiny_head):
    path = tmp_path / "other.onnx"
    path.write_bytes(toy.path.read_bytes())
    path.with_suffix(".json").write_text(json.dumps(toy.card | {"sha256": "0" * 64}))
    with pytest.raises(WebEngineError, match="does not match its card"):
        web_engine.strip(tiny_head, replace(toy, path=path))


def test_estimate_states_the_grid_of_the_network(web_engine, toy, tiny_head):
    found = web_engine.call("estimating.estimate", as_web_volume(tiny_head), toy.card)
    conformed = toy.preprocessing.apply(tiny_head)
    assert tuple(found["gridShape"]) == conformed.data.shape
    assert found["seconds"] > 0
    assert found["bytes"] > tiny_head.data.nbytes


@pytest.fixture
def second_toy(toy, tmp_path):
    """The toy network as one that looks a second time."""
    path = tmp_path / "second.onnx"
    path.write_bytes(toy.path.read_bytes())
    path.with_suffix(".json").write_text(json.dumps(toy.card | {"surfaces": ["brain", "log_error"]}))
    return load_model(path)


def test_evidence_is_that_of_python(web_engine, toy, second_toy, tiny_head, monkeypatch):
    monkeypatch.setattr("deskull.quality.second.second_model", lambda: second_toy)
    scan = GRIDS["a little oblique"](tiny_head)
    evidence = web_engine.strip(scan, toy, second_toy, mirror=True)["evidence"]
    conformed = toy.preprocessing.apply(scan)
    shape = conformed.data.shape
    np.testing.assert_allclose(shaped(evidence["image"], shape), conformed.data, atol=1e-4)
    np.testing.assert_array_equal(shaped(evidence["fieldOfView"], shape), conformed.field_of_view)
    inside = np.argwhere((shaped(evidence["distance"], shape) < 0) & conformed.field_of_view)
    box = tuple(slice(int(low), int(high) + 1) for low, high in zip(inside.min(0), inside.max(0), strict=True))
    second = SecondNetwork(1, EngineName.onnxruntime, Device.cpu)
    for name, look in (("second", second), ("mirrored", second.mirrored)):
        expected, found = look(conformed.data, box), evidence[name]
        assert found["spacing"] == expected.spacing
        for field, array in (("distance", expected.distance), ("expectedError", expected.expected_error)):
            assert tuple(found[field]["shape"]) == array.shape
            np.testing.assert_allclose(shaped(found[field]["values"], array.shape), array, rtol=1e-4, atol=0.01)


def test_mask_of_a_real_scan_is_that_of_python(web_engine, data):
    scan = formats.read(data / "unlabelled" / "uih_sub1_b0.nii.gz")
    result = Stripper("small", threads=1).strip(scan, quality="none")
    found = web_engine.strip(scan, load_model("small"))
    assert differing(shaped(found["mask"], scan.shape), result.mask.data) < 1e-3  # a Dice coefficient of 0.9995
    assert found["volumeMl"] == pytest.approx(result.volume_ml, rel=1e-3)
