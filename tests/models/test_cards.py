"""Cards: models are found by name or path; a card that cannot be used is refused in one sentence."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull import InputError, UsageError
from deskull.models import load_model, shipped_models

MODEL = load_model()
NEEDED = ("sha256", "voxel_size_mm", "band_mm", "size_multiple", "surfaces")
#: The smallest card with which a network can be run.
CARD = {
    "sha256": hashlib.sha256(b"x").hexdigest(),
    "voxel_size_mm": 2.0,
    "band_mm": 10.0,
    "size_multiple": 16,
    "surfaces": ["brain"],
}


@pytest.fixture
def write(tmp_path):
    """Write a card, as an object or as bytes, beside an ONNX file; returns the path of the latter."""

    def write(card):
        content = card if isinstance(card, bytes) else json.dumps(card).encode()
        (tmp_path / "a.onnx").write_bytes(b"x")
        (tmp_path / "a.json").write_bytes(content)
        return tmp_path / "a.onnx"

    return write


def refused(path):
    """The sentence with which a model is refused."""
    with pytest.raises(UsageError) as caught:
        load_model(path)
    assert "\n" not in str(caught.value)
    assert path.with_suffix(".json").name in str(caught.value)
    return str(caught.value)


def test_two_models_ship_and_the_default_one_comes_first():
    assert [model.path.stem for model in shipped_models()] == ["default", "small"]


@pytest.mark.parametrize("model", shipped_models(), ids=lambda model: model.path.stem)
def test_card_of_a_shipped_model_is_complete(model):
    made = ("data", "licence", "recipe", "commit", "steps", "parameters", "train_again", "history")
    assert [name for name in (*made, "figures", "known_failures") if not model.card.get(name)] == []
    assert model.card["name"] == model.path.stem


@pytest.mark.parametrize("model", shipped_models(), ids=lambda model: model.path.stem)
def test_file_of_a_shipped_model_is_small_and_matches_its_card(model):
    assert len(model.content()) < 6_000_000


@pytest.mark.parametrize("model", shipped_models(), ids=lambda model: model.path.stem)
def test_recipe_in_a_shipped_card_has_settings_of_their_present_names(model):
    pytest.importorskip("yaml", reason="needs PyYAML (deskull[train])")
    from deskull.train.recipe import Recipe

    assert Recipe(**model.card["recipe"]).preprocessing == model.preprocessing


def test_smallest_card_is_accepted(write):
    model = load_model(write(CARD))
    assert (model.voxel_size, model.band, model.size_multiple, model.surfaces) == (2.0, 10.0, 16, ["brain"])
    assert model.distances
    assert model.content() == b"x"


def test_default_border_is_that_of_the_card(write):
    assert load_model(write(CARD | {"default_border_mm": {"brain": 0.5}})).default_border("brain") == 0.5


def test_default_border_is_0_for_a_surface_of_which_the_card_states_none(write):
    assert load_model(write(CARD)).default_border("brain") == 0.0


@pytest.mark.parametrize("card", [{"default_border_mm": {"brain": 10.0}}, {"distances": False}])
def test_default_border_that_the_distances_do_not_reach_is_refused(write, card):
    message = refused(write(CARD | {"default_border_mm": {"brain": 0.5}} | card))
    assert "which the network's distances do not reach" in message


def test_unknown_name_is_refused_with_the_names_that_exist():
    with pytest.raises(UsageError, match="choose default or small"):
        load_model("none-such")


@pytest.mark.parametrize("name", ["", "../default", "default.onnx/..", "a/b", ".", "\0"])
def test_name_that_is_a_path_without_the_extension_is_refused(name):
    with pytest.raises(UsageError, match="there is no such model"):
        load_model(name)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.onnx: there is no such file"):
        load_model(tmp_path / "none.onnx")


def test_missing_card_is_named(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"x")
    assert "is missing" in refused(tmp_path / "a.onnx")


def test_file_that_does_not_match_its_card_is_refused(tmp_path):
    for path in (MODEL.path, MODEL.path.with_suffix(".json")):
        shutil.copy(path, tmp_path)
    (tmp_path / MODEL.path.name).write_bytes(MODEL.path.read_bytes()[:-1] + b"!")
    with pytest.raises(InputError, match="does not match the sha256 of its card"):
        load_model(tmp_path / MODEL.path.name).content()


@pytest.mark.parametrize("name", NEEDED)
def test_card_without_a_setting_is_refused_by_its_name(write, name):
    assert f"lacks {name}" in refused(write({key: value for key, value in CARD.items() if key != name}))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\x00\xff\xfe", "not JSON in UTF-8"),
        ('{"description": "Müller"}'.encode("latin-1"), "not JSON in UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b"1" * 10_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"{" + b" " * 1_000_000 + b"}", "too large"),
    ],
    ids=["empty", "cut", "binary", "latin1", "deep", "digits", "list", "null", "text", "huge"],
)
def test_file_that_is_no_card_is_refused(write, content, fault):
    assert fault in refused(write(content))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("sha256", value) for value in (None, 3, "", "0", "z" * 64, "A" * 64, [])),
        *(("voxel_size_mm", value) for value in (0, -1, 1e-9, 1e9, "2", None, True, [2], float("nan"), float("inf"))),
        *(("voxel_size_mm", value) for value in (10**400,)),
        *(("band_mm", value) for value in (0, -10, 1e9, "10", None, False, {}, float("nan"), float("-inf"))),
        *(("size_multiple", value) for value in (0, -16, 1.5, 16.0, "16", None, True, 10**9)),
        *(
            ("surfaces", value)
            for value in ([], "brain", None, {}, [1], [None], [["brain"]], [""], ["a", "a"], ["../a"])
        ),
        *(("surfaces", value) for value in ([f"s{n}" for n in range(17)],)),
        *(("distances", value) for value in (None, 1, "true")),
        *(("preprocess", value) for value in (None, 3, "n4", [])),
        *(("default_border_mm", value) for value in (None, 0.5, [0.5], {"brain": "0.5"}, {"brain": float("nan")})),
    ],
)
def test_setting_of_a_wrong_type_or_value_is_refused_by_its_name(write, name, value):
    message = refused(write(CARD | {name: value}))
    assert f"{name} is " in message
    assert "it must be" in message


@pytest.mark.parametrize(
    "preprocess",
    [
        {"stride": 0},
        {"stride": "2"},
        {"stride": 3},
        {"stride": 2.5},
        {"n4": "yes"},
        {"n4_shrink": -1},
        {"intensity": "loud"},
        {"intensity": ["rescale"]},
        {"interpolation": {}},
        {"size": 3},
        {"size": [95, 96, 96]},
        {"size": ["a", "b", "c"]},
        {"size": [96, 96]},
        {"size": [0, 0, 0]},
        {"size": [16**9] * 3},
        {"unheard_of": 1},
    ],
)
def test_preprocessing_that_cannot_be_used_is_refused(write, preprocess):
    refused(write(CARD | {"preprocess": preprocess}))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from([*NEEDED, "distances", "preprocess"]), value=_JSON)
def test_any_value_of_a_setting_is_accepted_or_refused_in_a_sentence(tmp_path_factory, name, value):
    path = tmp_path_factory.getbasetemp() / "fuzz.onnx"
    path.write_bytes(b"x")
    path.with_suffix(".json").write_text(json.dumps(CARD | {name: value}))
    with contextlib.suppress(UsageError):
        model = load_model(path)
        assert model.preprocessing.size_multiple == model.size_multiple
