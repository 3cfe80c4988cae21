"""Additive models: step functions, sums of them, and their tables."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull.quality.additive import AdditiveModel, StepFunction

NUMBERS = st.floats(-1e6, 1e6)
NAMES = st.sampled_from(["agreement", "noise", "volume_ml", "tilt"])


@st.composite
def step_functions(draw):
    edges = sorted(draw(st.lists(NUMBERS, max_size=6, unique=True)))
    values = draw(st.lists(NUMBERS, min_size=len(edges) + 1, max_size=len(edges) + 1))
    return StepFunction(tuple(edges), tuple(values), draw(NUMBERS))


MODELS = st.builds(AdditiveModel, NUMBERS, st.dictionaries(NAMES, step_functions(), max_size=4))
MEASURES = st.dictionaries(NAMES, NUMBERS | st.just(math.nan), max_size=4)


@settings(max_examples=30)
@given(function=step_functions(), value=NUMBERS | st.sampled_from([-math.inf, math.inf]))
def test_value_is_that_after_the_edges_below_the_measure(function, value):
    assert function(value) == function.values[sum(edge < value for edge in function.edges)]


@settings(max_examples=30)
@given(function=step_functions())
def test_a_measure_at_an_edge_has_the_value_below_it(function):
    assert [function(edge) for edge in function.edges] == list(function.values[:-1])


@settings(max_examples=30)
@given(function=step_functions())
def test_not_a_number_has_the_value_of_a_missing_measure(function):
    assert function(math.nan) == function.missing


def test_a_function_without_edges_is_constant():
    assert StepFunction((), (3.0,), 1.0)(-5.0) == StepFunction((), (3.0,), 1.0)(5.0) == 3.0


@settings(max_examples=30)
@given(model=MODELS, measures=MEASURES)
def test_prediction_is_the_intercept_and_all_contributions(model, measures):
    contributions = model.contributions(measures)
    assert contributions.keys() == model.functions.keys()
    assert model.predict(measures) == pytest.approx(math.fsum([model.intercept, *contributions.values()]), abs=1e-6)


def test_a_measure_that_is_not_given_is_missing():
    model = AdditiveModel(1.0, {"noise": StepFunction((0.5,), (10.0, 20.0), 5.0)})
    assert model.predict({}) == 6
    assert model.predict({"noise": 0.2}) == 11
    assert model.predict({"noise": 0.7}) == 21


def test_a_measure_that_the_model_does_not_know_changes_nothing():
    model = AdditiveModel(1.0, {"noise": StepFunction((), (2.0,), 0.0)})
    assert model.predict({"noise": 1.0, "tilt": 99.0}) == model.predict({"noise": 1.0}) == 3


@settings(max_examples=30)
@given(model=MODELS)
def test_model_is_the_same_after_its_table_was_written_as_json(model):
    assert AdditiveModel.from_dict(json.loads(json.dumps(model.as_dict()))) == model
