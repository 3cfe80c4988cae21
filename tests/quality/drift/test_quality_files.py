"""Quality files: what is read of them, and what becomes of damaged and hostile ones."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.errors import InputError
from deskull.provenance import Provenance
from deskull.quality.drift.quality_files import QualityFileWarning, read_folder
from deskull.system.json_files import MAX_BYTES
from tests.quality.drift.examples import cohort, write_folder

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _write(folder, name, **quality):
    (folder / f"{name}_quality.json").write_text(json.dumps({"quality": quality}))


@pytest.fixture
def folder(tmp_path):
    """A folder with one good file."""
    _write(tmp_path, "good", predicted_dice=0.97, input={"noise": 2.0}, measures={})
    return tmp_path


def test_value_that_one_file_lacks_is_missing(folder):
    _write(folder, "more", input={"noise": None, "blur_mm": 1.5})
    found, _ = read_folder(folder)
    np.testing.assert_array_equal(found.inputs.values, [[2.0, np.nan], [np.nan, 1.5]])


def test_texts_are_labels_and_no_features(folder):
    _write(folder, "more", input={"noise": 1.0, "sequence": "mprage", "flag": True, "list": [1, 2]})
    found, _ = read_folder(folder)
    assert found.inputs.names == ("noise",)
    assert found.labels["sequence"] == ("", "mprage")


def test_participant_is_read_from_the_path(tmp_path):
    found, files = read_folder(write_folder(tmp_path, cohort(2)))
    assert found.labels["participant"] == ("sub-000", "sub-001")
    assert [path.name for path in files] == [f"sub-00{k}_desc-brain_quality.json" for k in range(2)]


@pytest.mark.parametrize("number", ["1e999", "-1e200", "NaN", "Infinity", "9" * 400])
def test_number_that_no_measure_can_have_is_missing(folder, number):
    (folder / "odd_quality.json").write_text(f'{{"quality": {{"input": {{"noise": {number}}}}}}}')
    found, _ = read_folder(folder)
    np.testing.assert_array_equal(found.inputs.values, [[2.0], [np.nan]])


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"quality": 1}', b"[" * 100_000, b"\xff\xfe", b'{"quality": {}}' + b" " * MAX_BYTES]
)
def test_damaged_file_is_left_out_with_a_warning(folder, content):
    (folder / "bad_quality.json").write_bytes(content)
    with pytest.warns(QualityFileWarning, match="bad_quality.json: .* It is left out"):
        found, _ = read_folder(folder)
    assert len(found) == 1


def test_file_with_too_many_measures_is_left_out_with_a_warning(folder):
    _write(folder, "many", input={f"measure {k}": 1.0 for k in range(501)})
    with pytest.warns(QualityFileWarning, match="many_quality.json: holds more than 500 measures"):
        assert len(read_folder(folder)[0]) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_named_pipe_is_left_out_without_waiting(folder):
    os.mkfifo(folder / "pipe_quality.json")
    with pytest.warns(QualityFileWarning, match="is not a regular file"):
        assert len(read_folder(folder)[0]) == 1


def test_name_that_cannot_be_printed_is_escaped(folder):
    _write(folder, "more", input={"a\nb\ud800": 1.0})
    assert "a\\nb\\ud800" in read_folder(folder)[0].inputs.names


def test_folder_without_quality_files_is_refused(tmp_path):
    remedy = "strip the scans again with resume=True and quality_file=True, or give the folder that holds them"
    with pytest.raises(InputError, match=rf"holds no \*_quality.json that can be used; {remedy}\.$"):
        read_folder(tmp_path)


@given(JSON)
def test_any_content_of_quality_is_read_or_left_out(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("any")
    _write(folder, "good", predicted_dice=0.9)
    (folder / "any_quality.json").write_text(json.dumps({"quality": {"input": content, "predicted_dice": content}}))
    found, _ = read_folder(folder)
    assert len(found) == 2
    assert np.all(np.isfinite(found.inputs.values) | np.isnan(found.inputs.values))


@pytest.mark.parametrize("sidecar", ["new_brainmask.json", "new_mask.json", "new.json"])
def test_file_of_a_mask_that_was_replaced_is_left_out_with_a_warning(folder, sidecar):
    _write_made(folder / "new_quality.json", border=0.5)
    _write_made(folder / sidecar, border=-6.0)
    with pytest.warns(QualityFileWarning, match="new_quality.json: describes a mask that was made with border=0.5"):
        assert len(read_folder(folder)[0]) == 1


@pytest.mark.parametrize("surface", ["brain", "intracranial"])
def test_file_of_the_mask_beside_it_is_read(folder, surface):
    _write_made(folder / "new_quality.json", surface=surface)
    _write_made(folder / "new_brainmask.json", surface="brain")
    assert len(read_folder(folder)[0]) == 2


def _write_made(path, surface="brain", border=0.5):
    made = Provenance("default", "ab" * 32, surface, border).generated_by()
    path.write_text(json.dumps({"quality": {"predicted_dice": 0.9}, "GeneratedBy": [made]}))
