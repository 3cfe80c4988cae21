"""Engine: the same prediction from both runtimes and any number of threads; wrong networks are refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from deskull import UsageError
from deskull.models import load_model, shipped_models
from deskull.models.engine import CheckedEngine, make_engine
from deskull.preprocessing.grid import conform
from deskull.preprocessing.intensity import rescale
from deskull.system.resources import usable_cores

pytestmark = pytest.mark.usefixtures("recomputed")

MODEL = load_model("small")
ENGINES = ("onnxruntime", "openvino")


@pytest.fixture(scope="module")
def image(head):
    conformed = conform(head, MODEL.voxel_size, MODEL.size_multiple)
    return rescale(conformed.data, conformed.field_of_view)


@pytest.fixture(scope="module")
def predicted(image):
    return make_engine(MODEL, 2)(image)


@pytest.fixture(params=ENGINES)
def engine_name(request):
    """Each engine that is installed."""
    pytest.importorskip(request.param, reason=f"needs deskull[{request.param}]")
    return request.param


@pytest.fixture(scope="module")
def toy():
    """The makers of toy networks."""
    return pytest.importorskip("tests.models.toy", reason="needs onnx (deskull[train])")


def test_prediction_has_a_channel_for_each_surface_on_the_grid_of_the_output(image, predicted):
    assert predicted.shape == (2, *(size // MODEL.preprocessing.stride for size in image.shape))


def test_predicted_distances_lie_in_the_band_and_have_both_signs(predicted):
    assert np.abs(predicted).max() <= MODEL.band
    assert (predicted[0] < 0).any()
    assert (predicted[0] > 0).any()


def test_default_network_predicts_the_same_bytes_with_one_thread_and_two(image):
    model = load_model()
    image = image[: image.shape[0] // 2]  # half a head is enough
    np.testing.assert_array_equal(make_engine(model, 1)(image), make_engine(model, 2)(image))


def test_small_network_predicts_the_same_within_rounding_with_one_thread_and_two(image, predicted):
    np.testing.assert_allclose(make_engine(MODEL, 1)(image), predicted, atol=2e-5)


def test_same_number_of_threads_predicts_the_same_bytes_again(image, predicted):
    np.testing.assert_array_equal(make_engine(MODEL, 2)(image), predicted)


def test_prediction_after_a_larger_image_has_the_bytes_of_the_first_one():
    engine = make_engine(load_model("small"), 1)
    small, large = (np.random.default_rng(0).random((size,) * 3, np.float32) for size in (32, 64))
    first = engine(small)
    engine(large)
    assert engine(small).tobytes() == first.tobytes()


def test_more_threads_than_cores_predict_the_same_bytes():
    image = np.random.default_rng(0).random((16, 16, 16), np.float32)
    np.testing.assert_array_equal(make_engine(MODEL, usable_cores())(image), make_engine(MODEL, 256)(image))


def test_openvino_predicts_the_same_within_a_twentieth_of_a_millimetre(image, predicted):
    pytest.importorskip("openvino", reason="needs deskull[openvino]")
    other = make_engine(MODEL, 2, "openvino")(image)
    assert np.abs(other - predicted).max() < 0.05
    changed = (other[0] < 0) != (predicted[0] < 0)
    assert changed.sum() < 2e-4 * (predicted[0] < 0).sum() + 5
    assert np.abs(predicted[0][changed]).max(initial=0.0) < 0.05  # all of them at the surface


def test_openvino_predicts_the_same_bytes_again(toy, tmp_path):
    pytest.importorskip("openvino", reason="needs deskull[openvino]")
    engine = make_engine(load_model(toy.write_model(tmp_path, toy.threshold_network())), 2, "openvino")
    images = [np.random.default_rng(0).random((size, 8, 8), np.float32) for size in (8, 12, 8)]
    first, _, again = (engine(image) for image in images)
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("name", ENGINES)
def test_threads_that_share_an_engine_get_their_own_predictions(name):
    if name == "openvino":
        pytest.importorskip("openvino", reason="needs deskull[openvino]")
    engine = make_engine(load_model("small"), 1, name)
    images = [np.random.default_rng(seed).random((16, 16, 16 * (1 + seed % 2)), np.float32) for seed in range(8)]
    expected = [engine(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        for found, wanted in zip(pool.map(engine, images), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_signal_is_handled_after_two_openvino_engines_are_gone():
    pytest.importorskip("openvino", reason="needs deskull[openvino]")
    script = (
        "import gc, os, signal\n"
        "import numpy as np\n"
        "from deskull.models import load_model\n"
        "from deskull.models.engine import make_engine\n"
        "engines = [make_engine(load_model('small'), 1, 'openvino') for _ in range(2)]\n"
        "for engine in engines: engine(np.zeros((16, 16, 16), np.float32))\n"
        "while engines: engines.pop(0), gc.collect()\n"
        "del engine\n"
        "signal.signal(signal.SIGUSR1, lambda *_: print('handled'))\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout.strip()) == (0, "handled")


def test_cpu_predicts_the_same_bytes_as_auto_without_a_gpu(image, predicted):
    onnxruntime = pytest.importorskip("onnxruntime")
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine's ONNX Runtime has a GPU")
    np.testing.assert_array_equal(make_engine(MODEL, 2, device="cpu")(image), predicted)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"device": "tpu"}, "device='tpu': unknown; choose auto or cpu"),
        ({"name": "tensorflow"}, "engine='tensorflow': unknown; choose onnxruntime or openvino"),
    ],
)
def test_unknown_engine_or_device_is_refused(options, fault):
    with pytest.raises(UsageError, match=fault):
        make_engine(MODEL, 1, **options)


@pytest.mark.parametrize("threads", [0, -1, 257, 10**9])
def test_number_of_threads_out_of_range_is_refused(threads):
    with pytest.raises(UsageError, match=rf"threads={threads}: must be at least 1 and at most 256"):
        make_engine(MODEL, threads)


def test_file_that_is_not_a_network_is_refused(tmp_path, engine_name):
    (tmp_path / "a.onnx").write_bytes(b"no network")
    card = MODEL.card | {"sha256": hashlib.sha256(b"no network").hexdigest()}
    (tmp_path / "a.json").write_text(json.dumps(card))
    with pytest.raises(UsageError, match=r"a\.onnx': (onnxruntime|openvino) cannot load it"):
        make_engine(load_model(tmp_path / "a.onnx"), 1, engine_name)


def identity(toy):
    """Nodes that give the image as both channels."""
    return [toy.helper.make_node("Concat", ["image", "image"], ["distance"], axis=1)]


def refused(toy, folder, engine_name, nodes, **model):
    """Load a network, run it if it loads, and return the sentence that refuses it."""
    path = toy.write_model(folder, nodes, **model)
    with pytest.raises(UsageError) as caught:
        make_engine(load_model(path), 1, engine_name)(np.zeros((8, 8, 8), np.float32))
    assert caught.value.parameter == "model"
    assert caught.value.value == str(path)
    return caught.value.reason


def test_network_with_two_inputs_is_refused(toy, tmp_path, engine_name):
    other = toy.helper.make_tensor_value_info("other", toy.TensorProto.FLOAT, [1, 1, "x", "y", "z"])
    nodes = [toy.helper.make_node("Concat", ["image", "other"], ["distance"], axis=1)]
    text = refused(toy, tmp_path, engine_name, nodes, inputs=(toy._IMAGE, other))
    assert text.startswith("it needs one input of 5 axes, but has 5 axes and 5 axes")


def test_network_with_an_input_of_four_axes_is_refused(toy, tmp_path, engine_name):
    flat = toy.helper.make_tensor_value_info("image", toy.TensorProto.FLOAT, [1, 1, "x", "y"])
    text = refused(toy, tmp_path, engine_name, identity(toy), axes=4, inputs=(flat,))
    assert text.startswith("it needs one input of 5 axes, but has 4 axes")


def test_network_with_two_outputs_is_refused(toy, tmp_path, engine_name):
    nodes = [*identity(toy), toy.helper.make_node("Neg", ["distance"], ["other"])]
    text = refused(toy, tmp_path, engine_name, nodes, outputs=("distance", "other"))
    assert text.startswith("it needs one output of 5 axes")


def test_network_with_more_channels_than_its_card_has_surfaces_is_refused(toy, tmp_path, engine_name):
    text = refused(toy, tmp_path, engine_name, identity(toy), surfaces=["brain"])
    assert "its output has the shape (2, 8, 8, 8) instead of (1, 8, 8, 8)" in text


def test_network_whose_output_is_smaller_than_its_card_says_is_refused(toy, tmp_path, engine_name):
    pool = toy.helper.make_node("AveragePool", ["image"], ["half"], kernel_shape=[2, 2, 2], strides=[2, 2, 2])
    nodes = [pool, toy.helper.make_node("Concat", ["half", "half"], ["distance"], axis=1)]
    text = refused(toy, tmp_path, engine_name, nodes)
    assert "its output has the shape (2, 4, 4, 4) instead of (2, 8, 8, 8)" in text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_network_whose_output_is_not_finite_is_refused(toy, tmp_path, engine_name, value):
    nodes = [*identity(toy)[:0], toy.constant("value", value)]
    nodes += [toy.helper.make_node("Add", ["image", "value"], ["sum"])]
    nodes += [toy.helper.make_node("Concat", ["sum", "sum"], ["distance"], axis=1)]
    text = refused(toy, tmp_path, engine_name, nodes)
    assert text == "its output has values that are not finite; export the network again."


def test_network_that_cannot_run_on_the_scan_is_refused(toy, tmp_path, engine_name):
    fixed = toy.helper.make_tensor_value_info("image", toy.TensorProto.FLOAT, [1, 1, 4, 4, 4])
    shape = toy.helper.make_tensor("shape", toy.TensorProto.INT64, [5], [1, 2, 4, 4, 4])
    nodes = [
        toy.helper.make_node("Concat", ["image", "image"], ["both"], axis=1),
        toy.helper.make_node("Constant", [], ["shape"], value=shape),
        toy.helper.make_node("Reshape", ["both", "shape"], ["distance"]),
    ]
    text = refused(toy, tmp_path, engine_name, nodes, inputs=(fixed,))
    assert text.startswith("it cannot be run on this scan (")


@pytest.mark.parametrize("model", shipped_models(), ids=lambda model: model.path.stem)
def test_shipped_model_finds_a_brain(model, image):
    assert (make_engine(model, 2)(image)[0] < 0).any()


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("Failed to allocate memory for requested buffer")])
def test_engine_without_enough_memory_is_a_memory_error(error):
    def engine(image):
        raise error

    with pytest.raises(MemoryError):
        CheckedEngine(MODEL, engine)(np.zeros((8, 8, 8), np.float32))
