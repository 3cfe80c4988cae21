"""Reading: cohorts from folders and tables, references by name, and references that are written."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.errors import InputError, OutputError, UsageError
from deskull.quality.drift.reading import read_cohort, read_reference, write_reference
from tests.quality.drift.examples import cohort, write_folder


def test_folder_gives_the_numbers_of_all_scans(tmp_path):
    content = cohort(5)
    found = read_cohort(write_folder(tmp_path, content))
    assert (found.inputs.names, found.outputs.names) == (content.inputs.names, content.outputs.names)
    np.testing.assert_allclose(found.inputs.values, content.inputs.values)
    np.testing.assert_allclose(found.outputs.values, content.outputs.values)


def test_reference_that_is_written_is_read_again(tmp_path):
    content = cohort(5)
    content.inputs.values[2, 1] = np.nan
    write_reference(tmp_path / "mine.tsv", content)
    found = read_reference(str(tmp_path / "mine.tsv"))
    np.testing.assert_allclose(found.inputs.values, content.inputs.values, rtol=1e-5)
    np.testing.assert_allclose(found.outputs.values, content.outputs.values, rtol=1e-5)


def test_reference_holds_no_label_of_a_scan(tmp_path):
    write_reference(tmp_path / "mine.tsv", cohort(2, labels={"participant": ("sub-smith", "sub-jones")}))
    assert "smith" not in (tmp_path / "mine.tsv").read_text()


def test_existing_reference_is_not_replaced(tmp_path):
    (tmp_path / "mine.tsv").write_text("precious")
    with pytest.raises(OutputError, match="exists already"):
        write_reference(tmp_path / "mine.tsv", cohort(2))


def test_unknown_reference_is_refused():
    with pytest.raises(UsageError, match="reference='nowhere': is no file, no folder and no shipped"):
        read_reference("nowhere")


def test_folder_whose_files_hold_no_number_is_refused(tmp_path):
    (tmp_path / "X_quality.json").write_text('{"quality": {"input": {"axes": "RAS"}}}')
    with pytest.raises(InputError, match="holds no number under input or measures, and no predicted_dice"):
        read_cohort(tmp_path)


def test_shipped_reference_is_read_by_name_with_its_description(tmp_path, monkeypatch):
    write_reference(tmp_path / "default.tsv", cohort(9))
    (tmp_path / "default.json").write_text('{"description": "made by synthesis."}')
    monkeypatch.setattr("deskull.quality.drift.reading._REFERENCES", tmp_path)
    found = read_reference("default")
    assert (found.name, found.description, len(found)) == ("default", "made by synthesis.", 9)
    with pytest.raises(UsageError, match=r"no shipped reference \(default\)"):
        read_reference("nowhere")


def test_reference_that_ships_has_scans_with_good_masks_and_says_where_they_come_from():
    reference = read_reference("default")
    dice = reference.outputs.values[:, reference.outputs.names.index("predicted_dice")]
    assert len(reference) > 200
    assert np.median(dice) > 0.95
    assert "synthetic heads" in reference.description
