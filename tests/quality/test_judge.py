"""Judge: masks of the default network are judged, and those of others are not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from deskull import Volume
from deskull.models.engine import make_engine
from deskull.models.prediction import Prediction, Predictor
from deskull.pipeline import Stripper
from deskull.quality.judge import Judge
from deskull.quality.verdict import Quality, Verdict
from deskull.system.timing import StageTimer


@pytest.fixture(scope="module")
def predictions(stripper, head) -> tuple[Prediction, Prediction]:
    """What the default network predicts for the demo's head, for masks at the default border and at 3 mm."""
    model = stripper.model
    predictor = Predictor(model, make_engine(model, 2, "onnxruntime", "cpu"), 2)
    surfaces = [("brain", model.default_border("brain")), ("brain", 3.0)]
    both = predictor.predict(head, surfaces, StageTimer())
    first, second = (replace(both, distances=[distance]) for distance in both.distances)
    return first, second


def judge(head: Volume, stripper: Stripper, prediction: Prediction, threads: int = 2) -> Quality:
    """Judge the mask of a prediction."""
    look = Judge(stripper.model, threads, "onnxruntime", "cpu")
    return look(head, prediction, "brain", prediction.distances[0].mask())


@pytest.fixture(scope="module")
def quality(head, stripper, predictions) -> Quality:
    return judge(head, stripper, predictions[0])


@pytest.fixture(scope="module")
def noise() -> Volume:
    """Voxels of 4 mm of noise."""
    data = np.random.default_rng(0).integers(0, 1000, (40,) * 3).astype(np.int16)
    return Volume(data, np.diag([4.0, 4.0, 4.0, 1.0]), name="noise")


def test_mask_of_a_head_is_judged_with_numbers(quality):
    assert quality.verdict is not Verdict.not_judged
    assert 0.9 < quality.predicted_dice <= 1
    assert quality.lower_bound <= quality.predicted_dice
    assert 0 < quality.margin_mm <= 10


def test_measures_of_a_head_are_those_of_a_brain(quality, predictions, head):
    volume_ml = predictions[0].distances[0].mask().sum() * head.voxel_ml
    assert quality.measures["volume_ml"] == pytest.approx(volume_ml)
    assert quality.measures["critic_dice"] > 0.9
    assert quality.measures["shape_fit"] > 0.85
    assert quality.measures["contact"] == 0


def test_demo_passes_and_nothing_is_wrong_with_its_scan(quality):
    assert quality.verdict is Verdict.passed
    assert quality.input["findings"] == []


def test_contrast_of_the_demo_is_t1w(quality):
    assert quality.input["contrast"] == "T1w"


def test_quality_of_a_head_is_json(quality):
    table = quality.as_dict()
    assert json.loads(json.dumps(table, allow_nan=False)) == table


def test_an_intracranial_mask_is_judged_by_the_brain(quality, head, stripper, predictions):
    model = stripper.model
    predictor = Predictor(model, make_engine(model, 2, "onnxruntime", "cpu"), 2)
    wide = predictor.predict(head, [("intracranial", 0.0)], StageTimer())
    judged = Judge(model, 2, "onnxruntime", "cpu")(head, wide, "intracranial", wide.distances[0].mask())
    assert judged.as_dict() == quality.as_dict()


def test_thorough_judgement_also_asks_a_second_network_about_the_scan_and_its_mirror_image(
    quality, head, stripper, predictions
):
    look = Judge(stripper.model, 2, "onnxruntime", "cpu")
    thorough = look(head, predictions[0], "brain", predictions[0].distances[0].mask(), "thorough")
    assert "agreement" not in quality.measures
    assert {"agreement", "offset_mm", "mirrored_agreement"} < thorough.measures.keys() - quality.measures.keys()
    assert thorough.measures["agreement"] > 0.95
    assert thorough.measures["mirrored_agreement"] > 0.95
    assert thorough.verdict is Verdict.passed


def test_a_mask_at_another_border_has_the_same_quality(quality, head, stripper, predictions):
    wide = judge(head, stripper, predictions[1])
    assert predictions[1].distances[0].mask().sum() > 1.1 * predictions[0].distances[0].mask().sum()
    assert wide.verdict is quality.verdict
    assert wide.predicted_dice == quality.predicted_dice


def test_one_thread_gives_the_same_verdict_as_two(quality, head, stripper, predictions):
    alone = judge(head, stripper, predictions[0], threads=1)
    assert alone.verdict is quality.verdict
    assert alone.predicted_dice == pytest.approx(quality.predicted_dice, abs=1e-3)


@pytest.mark.filterwarnings("ignore::deskull.PlausibilityWarning")
def test_noise_does_not_pass(stripper, noise):
    quality = stripper.strip(noise).quality
    assert quality.verdict in (Verdict.review, Verdict.failed)
    assert quality.reasons


def test_a_scan_with_one_value_inside_the_grid_is_not_judged(head, stripper, predictions):
    blank = Prediction(predictions[0].distances, None, None)
    assert judge(head, stripper, blank).verdict is Verdict.not_judged


def test_masks_of_the_small_network_are_not_judged(tiny_head):
    quality = Stripper("small", threads=2).strip(tiny_head).quality
    assert quality.verdict is Verdict.not_judged
    assert "'default'" in quality.reasons[0]


@pytest.mark.filterwarnings("ignore::deskull.PlausibilityWarning")
def test_masks_of_each_frame_are_not_judged(toy_stripper, tiny_head):
    series = replace(tiny_head, data=np.stack([tiny_head.data] * 2, axis=-1))
    quality = toy_stripper.strip(series, frame="each").quality
    assert quality.verdict is Verdict.not_judged
    assert "frame" in quality.reasons[0]


@pytest.mark.parametrize("frame", ["mean", "each"])
def test_without_a_check_there_is_no_quality(toy_stripper, tiny_head, frame):
    series = replace(tiny_head, data=np.stack([tiny_head.data] * 2, axis=-1))
    assert toy_stripper.strip(series, frame=frame, quality="none").quality is None
