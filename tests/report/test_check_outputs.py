"""Outputs of a check: written beside one another, and nothing is replaced unasked."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from deskull import OutputError, UsageError
from deskull.checking.pairs import Pair
from deskull.quality.drift.reading import read_cohort
from deskull.report.check_outputs import Wanted, check_outputs
from tests.checking.examples import make_checked

MISSING = Pair(Path("b.nii.gz"), Path("b_mask.nii.gz"))


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    return make_checked(tmp_path_factory.mktemp("checked"))


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_table_and_pictures_have_an_entry_for_each_mask(checked, tmp_path):
    wanted = Wanted(tmp_path / "check.tsv", tmp_path / "pictures")
    with check_outputs(wanted, [checked.pair, MISSING]) as outputs:
        outputs.add(checked)
        outputs.add_failure(MISSING, "b_mask.nii.gz: no such file; check the path.")
    good, bad = rows_of(tmp_path / "check.tsv")
    assert good["picture"] == str(tmp_path / "pictures" / "a_mask_check.png")
    assert Image.open(good["picture"]).width > 1000
    assert bad["error"] == "b_mask.nii.gz: no such file; check the path."


def test_line_of_a_mask_is_in_the_table_as_soon_as_it_is_checked(checked, tmp_path):
    with check_outputs(Wanted(tmp_path / "check.tsv"), [checked.pair, MISSING]) as outputs:
        outputs.add(checked)
        assert [row["mask"] for row in rows_of(tmp_path / "check.tsv")] == [str(checked.pair.mask)]


def test_files_of_quality_beside_the_table_are_those_of_strip_and_feed_drift(checked, tmp_path):
    with check_outputs(Wanted(tmp_path / "check.tsv", quality=True), [checked.pair]) as outputs:
        outputs.add(checked)
    fields = json.loads((tmp_path / "a_quality.json").read_text())
    assert fields["quality"] == checked.quality.as_dict()
    assert fields["GeneratedBy"][0]["Name"] == "deskull"
    cohort = read_cohort(tmp_path)
    assert cohort.inputs.names == ("noise",)
    assert {"predicted_dice", "given_dice", "network_volume_ml"} <= {*cohort.outputs.names}


def test_masks_of_one_scan_by_two_tools_have_files_of_quality_of_their_own(tmp_path):
    pairs = [Pair(Path("a.nii"), Path(mask)) for mask in ("a_mask.nii", "a_brainmask.nii")]
    files = Wanted(tmp_path / "check.tsv", quality=True).quality_files(pairs)
    assert [path.name for path in files.values()] == ["a_quality.json", "a-2_quality.json"]


def test_files_of_quality_need_a_table(checked):
    with pytest.raises(UsageError, match="quality_file: the files lie beside the table; name its file, too"):
        Wanted(quality=True).check([checked.pair])


def test_picture_that_cannot_be_written_leaves_the_line_of_the_mask(checked, tmp_path):
    with check_outputs(Wanted(tmp_path / "check.tsv", tmp_path / "pictures"), [checked.pair]) as outputs:
        (tmp_path / "pictures" / "a_mask_check.png").mkdir(parents=True)
        with pytest.raises(OutputError):
            outputs.add(checked)
    (row,) = rows_of(tmp_path / "check.tsv")
    assert row["verdict"] == "review"
    assert "exists" in row["error"] or "is a folder" in row["error"]


@pytest.mark.parametrize("name", ["check.tsv", "a_quality.json", "pictures/a_mask_check.png", "pictures"])
def test_existing_file_is_refused_before_any_work(checked, tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    wanted = Wanted(tmp_path / "check.tsv", tmp_path / "pictures", quality=True)
    with pytest.raises(OutputError), check_outputs(wanted, [checked.pair]):
        pass
    assert (tmp_path / name).read_text() == "mine"


def test_earlier_outputs_are_replaced_with_overwrite_and_other_files_kept(checked, tmp_path):
    wanted = Wanted(tmp_path / "check.tsv", tmp_path / "pictures", overwrite=True)
    (tmp_path / "pictures").mkdir()
    for path in (tmp_path / "check.tsv", tmp_path / "pictures" / "a_mask_check.png", tmp_path / "pictures" / "own.png"):
        path.write_text("earlier")
    with check_outputs(wanted, [checked.pair]) as outputs:
        outputs.add(checked)
    assert len(rows_of(tmp_path / "check.tsv")) == 1
    assert Image.open(tmp_path / "pictures" / "a_mask_check.png").width > 1000
    assert (tmp_path / "pictures" / "own.png").read_text() == "earlier"


@pytest.mark.parametrize(("table", "pictures"), [("r/check.tsv", None), (None, "r"), (None, "r/pictures")])
def test_nothing_else_may_lie_in_the_folder_of_the_report(tmp_path, table, pictures):
    wanted = Wanted(table and tmp_path / table, pictures and tmp_path / pictures, tmp_path / "r")
    with pytest.raises(UsageError, match="give the report a folder of its own"):
        wanted.check([])


def test_folder_of_something_else_is_no_place_for_a_report(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="is no report of deskull"):
        Wanted(report=tmp_path, overwrite=True).check([])


def test_pictures_of_one_mask_with_several_scans_have_different_names(tmp_path):
    masks = {"a": "/far/m.nii", "b": "/far/m.nii", "c": "/near/n.nii"}
    pairs = [Pair(Path(f"{scan}.nii"), Path(mask)) for scan, mask in masks.items()]
    files = Wanted(pictures=tmp_path).picture_files(pairs)
    assert [path.name for path in files.values()] == ["m_a_check.png", "m_b_check.png", "n_check.png"]
