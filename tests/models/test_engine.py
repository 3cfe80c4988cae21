"""Engine: the same answer from both runtimes, any number of threads, every time."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest

from deskull import InputError, UsageError
from deskull.models import load_model, shipped_models
from deskull.models.engine import make_engine
from deskull.preprocessing.grid import conform
from deskull.preprocessing.intensity import rescale
from deskull.system.resources import usable_cores

MODEL = load_model()


@pytest.fixture(scope="module")
def image(head):
    conformed = conform(head, MODEL.voxel, MODEL.factor)
    return rescale(conformed.data, conformed.field_of_view)


@pytest.fixture(scope="module")
def answer(image):
    return make_engine(MODEL, 2)(image)


def test_answers_distances_in_the_band(image, answer):
    assert answer.shape == (2, *(size // MODEL.preprocessing.stride for size in image.shape))
    assert np.abs(answer).max() <= MODEL.band
    assert (answer[0] < 0).any()
    assert (answer[0] > 0).any()


def test_same_bytes_again_and_with_one_thread(image, answer):
    np.testing.assert_array_equal(make_engine(MODEL, 2)(image), answer)
    np.testing.assert_array_equal(make_engine(MODEL, 1)(image), answer)


def test_openvino_agrees(image, answer):
    pytest.importorskip("openvino", reason="needs deskull[openvino]")
    engine = make_engine(MODEL, 2, "openvino")
    other = engine(image)
    assert np.abs(other - answer).max() < 0.05
    changed = (other[0] < 0) != (answer[0] < 0)
    assert changed.sum() < 2e-4 * (answer[0] < 0).sum() + 5
    assert np.abs(answer[0][changed]).max() < 0.05  # all of them on the edge
    np.testing.assert_array_equal(engine(image), other)


def test_the_cpu_answers_where_there_is_no_gpu(image, answer):
    onnxruntime = pytest.importorskip("onnxruntime")
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine's ONNX Runtime has a GPU")
    np.testing.assert_array_equal(make_engine(MODEL, 2, device="cpu")(image), answer)


def test_wrong_options_say_so():
    with pytest.raises(UsageError, match="choose auto or cpu"):
        make_engine(MODEL, 1, device="tpu")
    with pytest.raises(UsageError, match="at least 1"):
        make_engine(MODEL, 0)
    with pytest.raises(UsageError, match="choose onnxruntime or openvino"):
        make_engine(MODEL, 1, "tensorflow")


def test_a_changed_model_is_refused(tmp_path):
    for path in (MODEL.path, MODEL.path.with_suffix(".json")):
        shutil.copy(path, tmp_path)
    (tmp_path / MODEL.path.name).write_bytes(MODEL.path.read_bytes()[:-1] + b"!")
    with pytest.raises(InputError, match="sha256"):
        make_engine(load_model(tmp_path / MODEL.path.name), 1)


def test_unknown_models_say_so(tmp_path):
    with pytest.raises(UsageError, match=r"shipped are .*default"):
        load_model("none-such")
    (tmp_path / "a.onnx").write_bytes(b"x")
    for card, fault in ((None, "is missing"), ("{", "not JSON"), ('{"sha256": "0"}', "lacks voxel_mm")):
        if card is not None:
            (tmp_path / "a.json").write_text(card)
        with pytest.raises(UsageError, match=fault):
            load_model(tmp_path / "a.onnx")


def test_a_file_that_is_no_network(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"no network")
    card = MODEL.card | {"sha256": hashlib.sha256(b"no network").hexdigest()}
    (tmp_path / "a.json").write_text(json.dumps(card))
    with pytest.raises(UsageError, match="cannot run this network"):
        make_engine(load_model(tmp_path / "a.onnx"), 1)


@pytest.mark.parametrize("model", shipped_models(), ids=lambda model: model.path.stem)
def test_every_shipped_model_runs_and_its_card_is_complete(model, image):
    made = ("data", "licence", "recipe", "commit", "steps", "parameters", "train_again")
    for field in (*made, "figures", "known_failures"):
        assert model.card[field], field
    assert model.card["name"] == model.path.stem
    assert len(model.content()) < 10_000_000
    assert (make_engine(model, 1)(image)[0] < 0).any()


def test_two_models_ship_and_the_default_one_comes_first():
    assert [model.path.stem for model in shipped_models()] == ["default", "small"]


@pytest.mark.parametrize("threads", [0, -1, 257, 10**9])
def test_number_of_threads_out_of_range_is_refused(threads):
    with pytest.raises(UsageError, match="at least 1 and at most 256"):
        make_engine(MODEL, threads)


def test_more_threads_than_cores_give_the_answer_of_all_cores():
    image = np.random.default_rng(0).random((16, 16, 16), np.float32)
    np.testing.assert_array_equal(make_engine(MODEL, usable_cores())(image), make_engine(MODEL, 256)(image))
