"""Records: what is printed and written of a checked mask."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from deskull.checking.pairs import Pair
from deskull.checking.records import COLUMNS, append_line, begin_table, cells_of, cells_of_failure, fields_of, line_of
from tests.checking.examples import EXTRA


def as_read(cells: dict[str, str], folder: Path) -> dict[str, str]:
    """Write a table with one line, and read it as a script would."""
    table = folder / "check.tsv"
    begin_table(table, overwrite=True)
    append_line(table, cells)
    with table.open(newline="") as file:
        (row,) = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    return row


def test_line_states_the_verdict_the_fit_and_the_place_of_the_largest_part(checked):
    line = line_of(checked)
    assert line.startswith(f"{checked.pair.mask}: review (Dice about 0.9")
    assert "with the network's mask at a border of" in line
    assert "the largest part (7." in line
    assert "lower front left (RAS -49, 59, -41 mm)" in line


def test_json_has_numbers_as_measures_and_the_parts_beside_them(checked):
    fields = json.loads(json.dumps(fields_of(checked)))
    assert all(isinstance(value, float) for value in fields["quality"]["measures"].values())
    kinds = [part["kind"] for part in fields["differences"]]
    assert sorted(kinds) == ["extra", "missing"]
    extra = fields["differences"][kinds.index("extra")]
    assert extra["centre_ras_mm"] == pytest.approx(EXTRA[0], abs=2)


def test_cells_state_the_largest_part_and_the_picture(checked, tmp_path):
    row = as_read(cells_of(checked, Path("a.png")), tmp_path)
    assert (row["largest_kind"], row["largest_place"]) == ("extra", "lower front left")
    assert float(row["largest_ml"]) == pytest.approx(float(row["extra_ml"]))
    assert row["picture"] == "a.png"


def test_volume_of_the_given_mask_is_in_the_table_and_in_json(checked, tmp_path):
    volume_ml = np.count_nonzero(checked.given.data) * checked.given.voxel_ml
    assert float(as_read(cells_of(checked), tmp_path)["given_volume_ml"]) == pytest.approx(volume_ml, rel=1e-3)
    assert fields_of(checked)["quality"]["measures"]["given_volume_ml"] == pytest.approx(volume_ml, rel=1e-3)


def test_table_has_a_line_for_a_mask_that_could_not_be_checked(tmp_path):
    row = as_read(cells_of_failure(Pair(Path("a.nii"), Path("m.nii")), "m.nii: is damaged."), tmp_path)
    assert (row["scan"], row["mask"], row["verdict"], row["error"]) == ("a.nii", "m.nii", "", "m.nii: is damaged.")


def test_names_with_odd_characters_break_no_line_of_the_table(tmp_path):
    pair = Pair(Path('a "b  c.nii'), Path("x\ty\nz.nii"))
    row = as_read(cells_of_failure(pair, "no"), tmp_path)
    assert (row["scan"], row["mask"], row["error"]) == ('a "b  c.nii', "x y z.nii", "no")
    assert list(row) == list(COLUMNS)
