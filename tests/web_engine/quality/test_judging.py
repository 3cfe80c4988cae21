"""Judging in the engine of the static page: a scan is stripped and judged in one call, as the package does."""

from __future__ import annotations

import pytest
from benchmarks.web_engine import WebEngineError, read_calibration

from deskull.models import load_model
from deskull.quality.second import second_model

DEFAULT = load_model("default")


def test_head_is_stripped_and_judged_as_by_the_package(web_engine, stripper, half_head):
    own = stripper.strip(half_head).quality.as_dict()
    result = web_engine.strip_and_judge(half_head, DEFAULT, second_model(), read_calibration(), "default")
    found = result["quality"]
    assert (found["verdict"], found["reasons"]) == (own["verdict"], own["reasons"])
    assert found["predicted_dice"] == pytest.approx(own["predicted_dice"], abs=0.002)
    assert list(found["measures"]) == list(own["measures"])
    assert result["seconds"]["quality"] > 0


def test_masks_are_not_judged_where_no_quality_check_is_asked_for(web_engine, tiny_head, toy_model):
    assert "quality" not in web_engine.strip_and_judge(tiny_head, load_model(toy_model), None, None, "none")


@pytest.mark.parametrize(("second", "calibration"), [(second_model(), None), (None, read_calibration())])
def test_judging_without_what_it_needs_is_refused(web_engine, tiny_head, second, calibration):
    with pytest.raises(WebEngineError, match="cannot be judged without") as error:
        web_engine.strip_and_judge(tiny_head, DEFAULT, second, calibration, "default")
    assert error.value.kind == "usage"
