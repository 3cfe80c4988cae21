"""Records: what is printed and written of a checked mask."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from deskull.checking.pairs import Pair
from deskull.checking.records import COLUMNS, cells_of, cells_of_failure, fields_of, line_of, table_of
from tests.checking.examples import EXTRA


def rows_of(table: bytes) -> list[dict[str, str]]:
    """Read a table as a script would."""
    return list(csv.DictReader(io.StringIO(table.decode()), delimiter="\t", quoting=csv.QUOTE_NONE))


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


def test_cells_state_the_largest_part_and_the_picture(checked):
    (row,) = rows_of(table_of([cells_of(checked, Path("a.png"))]))
    assert (row["largest_kind"], row["largest_place"]) == ("extra", "lower front left")
    assert float(row["largest_ml"]) == pytest.approx(float(row["extra_ml"]))
    assert row["picture"] == "a.png"


def test_table_has_a_line_for_a_mask_that_could_not_be_checked():
    (row,) = rows_of(table_of([cells_of_failure(Pair(Path("a.nii"), Path("m.nii")), "m.nii: is damaged.")]))
    assert (row["scan"], row["mask"], row["verdict"], row["error"]) == ("a.nii", "m.nii", "", "m.nii: is damaged.")


def test_names_with_odd_characters_break_no_line_of_the_table():
    pair = Pair(Path('a "b  c.nii'), Path("x\ty\nz.nii"))
    (row,) = rows_of(table_of([cells_of_failure(pair, "no")]))
    assert (row["scan"], row["mask"], row["error"]) == ('a "b  c.nii', "x y z.nii", "no")
    assert list(row) == list(COLUMNS)
