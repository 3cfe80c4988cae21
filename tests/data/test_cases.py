"""The table of a data set: what is written is read again, at any place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import InputError, OutputError
from deskull.data.cases import COLUMNS, Case, read_cases, write_cases

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters="/\\"), min_size=1, max_size=8)


def case(folder: Path, name: str = "a", **other) -> Case:
    return Case(name, "01", folder / f"{name}.nii.gz", folder / f"{name}_mask.nii.gz", **other)


def test_written_cases_are_read_again(tmp_path):
    complete = case(tmp_path, "b", brain=tmp_path / "b.nii", roi=tmp_path / 'x, "y"' / "r.nii", site="São Paulo")
    cases = [case(tmp_path), complete]
    write_cases(cases, tmp_path / "out" / "dataset.csv")
    assert read_cases(tmp_path / "out" / "dataset.csv") == cases


def test_nothing_but_the_table_is_written(tmp_path):
    write_cases([case(tmp_path)], tmp_path / "out" / "dataset.csv")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["dataset.csv"]


@given(folders=st.lists(NAMES.filter(lambda name: name.strip(".")), max_size=3), name=NAMES)
def test_any_path_is_read_as_it_was_written(tmp_path_factory, folders, name):
    folder = tmp_path_factory.getbasetemp()
    made = Case("n", name, folder.joinpath(*folders, f"{name}.nii"), folder.joinpath(*folders, "m.nii"))
    write_cases([made], folder / "dataset.csv")
    assert read_cases(folder / "dataset.csv") == [made]


def test_table_and_files_can_be_moved_together(tmp_path):
    (tmp_path / "set" / "tables").mkdir(parents=True)
    cases = [case(tmp_path / "set" / "data"), case(tmp_path / "set" / "tables", "b")]
    write_cases(cases, tmp_path / "set" / "tables" / "dataset.csv")
    (tmp_path / "set").rename(tmp_path / "moved")
    moved = read_cases(tmp_path / "moved" / "tables" / "dataset.csv")
    assert moved == [case(tmp_path / "moved" / "data"), case(tmp_path / "moved" / "tables", "b")]


def test_paths_of_distant_files_are_absolute(tmp_path):
    table = tmp_path / "a" / "b" / "c" / "d" / "dataset.csv"
    write_cases([case(tmp_path)], table)
    assert str(tmp_path / "a.nii.gz") in table.read_text()


@pytest.mark.parametrize("folder", ["link", "real/deep"])
def test_table_in_a_linked_folder_finds_its_files_from_both_sides(tmp_path, folder):
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "deep")
    (tmp_path / "real" / "a.nii.gz").touch()
    write_cases([case(tmp_path / "real")], tmp_path / "link" / "dataset.csv")
    assert read_cases(tmp_path / folder / "dataset.csv")[0].raw == tmp_path / "real" / "a.nii.gz"


def test_relative_paths_start_at_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_cases([case(Path("data"))], Path("dataset.csv"))
    assert ",data/a.nii.gz," in Path("dataset.csv").read_text()
    assert read_cases(Path("dataset.csv")) == [case(tmp_path / "data")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "has no column .case."),
        ("case,subject,raw\na,1,a.nii\n", "has no column .mask."),
        ("case,subject,raw,mask\na,1,a.nii,\n", "line 2 has no mask; add it"),
        ("case,subject,raw,mask\na,,a.nii,m.nii\n", "line 2 has no subject; add it"),
        ("case,subject,raw,mask\na,1,a.nii,m.nii\na,1,b.nii,m.nii\n", "has 2 cases called a"),
        ("case,subject,raw,mask\n../a,1,a.nii,m.nii\n", "a name that is valid as a file name"),
        ("case,subject,raw,mask\n..,1,a.nii,m.nii\n", "a name that is valid as a file name"),
    ],
)
def test_faulty_table_is_refused_in_one_sentence(tmp_path, text, fault):
    table = tmp_path / "dataset.csv"
    table.write_text(text)
    with pytest.raises(InputError, match=fault) as caught:
        read_cases(table)
    assert str(table) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_site_brain_and_roi_are_optional(tmp_path):
    (tmp_path / "dataset.csv").write_text("case,subject,raw,mask\na,1,a.nii,m.nii\n")
    assert read_cases(tmp_path / "dataset.csv") == [Case("a", "1", tmp_path / "a.nii", tmp_path / "m.nii")]


def test_table_of_a_data_set_is_replaced(tmp_path):
    table = tmp_path / "dataset.csv"
    table.write_text(",".join(COLUMNS) + "\n")
    write_cases([case(tmp_path)], table)
    assert len(read_cases(table)) == 1


def test_other_table_is_not_replaced(tmp_path):
    table = tmp_path / "dataset.csv"
    table.write_text("precious,data\n1,2\n")
    with pytest.raises(OutputError, match="choose another name"):
        write_cases([case(tmp_path)], table)
    assert table.read_text() == "precious,data\n1,2\n"


def test_two_cases_with_the_same_name_are_not_written(tmp_path):
    with pytest.raises(InputError, match="has 2 cases called a"):
        write_cases([case(tmp_path), case(tmp_path)], tmp_path / "dataset.csv")
    assert not (tmp_path / "dataset.csv").exists()
