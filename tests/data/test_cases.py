"""The table of a data set: what is written is read again, faults are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import InputError, OutputError
from deskull.data.cases import COLUMNS, Case, read_cases, unique_names, write_cases

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters="/\\"), min_size=1, max_size=8)


def case(folder: Path, name: str = "a", **other) -> Case:
    return Case(name, "01", folder / f"{name}.nii.gz", folder / f"{name}_mask.nii.gz", **other)


def test_what_is_written_is_read_again(tmp_path):
    whole = case(tmp_path, "b", brain=tmp_path / "b.nii", roi=tmp_path / 'x, "y"' / "r.nii", site="São Paulo")
    cases = [case(tmp_path), whole]
    write_cases(cases, tmp_path / "out" / "dataset.csv")
    assert read_cases(tmp_path / "out" / "dataset.csv") == cases
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["dataset.csv"]


@given(folders=st.lists(NAMES.filter(lambda name: name.strip(".")), max_size=3), name=NAMES)
def test_any_path_survives(tmp_path_factory, folders, name):
    folder = tmp_path_factory.getbasetemp()
    made = Case("n", name, folder.joinpath(*folders, f"{name}.nii"), folder.joinpath(*folders, "m.nii"))
    write_cases([made], folder / "dataset.csv")
    assert read_cases(folder / "dataset.csv") == [made]


def test_table_and_data_can_move_together(tmp_path):
    (tmp_path / "set" / "tables").mkdir(parents=True)
    cases = [case(tmp_path / "set" / "data"), case(tmp_path / "set" / "tables", "b")]
    write_cases(cases, tmp_path / "set" / "tables" / "dataset.csv")
    (tmp_path / "set").rename(tmp_path / "moved")
    moved = read_cases(tmp_path / "moved" / "tables" / "dataset.csv")
    assert moved == [case(tmp_path / "moved" / "data"), case(tmp_path / "moved" / "tables", "b")]


def test_far_files_are_written_absolute(tmp_path):
    table = tmp_path / "a" / "b" / "c" / "d" / "dataset.csv"
    write_cases([case(tmp_path)], table)
    assert str(tmp_path / "a.nii.gz") in table.read_text()


def test_a_folder_behind_a_link_is_found_again(tmp_path):
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "deep")
    (tmp_path / "real" / "a.nii.gz").touch()
    write_cases([case(tmp_path / "real")], tmp_path / "link" / "dataset.csv")
    for folder in (tmp_path / "link", tmp_path / "real" / "deep"):
        assert read_cases(folder / "dataset.csv")[0].raw == tmp_path / "real" / "a.nii.gz"


def test_relative_paths_of_a_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_cases([case(Path("data"))], Path("dataset.csv"))
    assert ",data/a.nii.gz," in Path("dataset.csv").read_text()
    assert read_cases(Path("dataset.csv")) == [case(tmp_path / "data")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no column case"),
        ("case,subject,raw\na,1,a.nii\n", "no column mask"),
        ("case,subject,raw,mask\na,1,a.nii,\n", "line 2 has no mask"),
        ("case,subject,raw,mask\na,,a.nii,m.nii\n", "line 2 has no subject"),
        ("case,subject,raw,mask\na,1,a.nii,m.nii\na,1,b.nii,m.nii\n", "2 cases a"),
        ("case,subject,raw,mask\n../a,1,a.nii,m.nii\n", "a name that a file could have"),
        ("case,subject,raw,mask\na,1,a,b.nii,m.nii\n", "line 2 has more values"),
        ("\0\x01\x02", "first line|no CSV"),
    ],
)
def test_a_faulty_table_is_one_sentence(tmp_path, text, fault):
    table = tmp_path / "dataset.csv"
    table.write_text(text)
    with pytest.raises(InputError, match=fault) as caught:
        read_cases(table)
    assert str(table) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_table(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_cases(tmp_path / "none.csv")


def test_optional_columns_and_the_mark_of_excel(tmp_path):
    (tmp_path / "dataset.csv").write_text("\ufeffcase,subject,raw,mask\r\na,1, a.nii ,m.nii\r\n\r\n", "utf-8")
    assert read_cases(tmp_path / "dataset.csv") == [Case("a", "1", tmp_path / "a.nii", tmp_path / "m.nii")]


def test_only_an_own_table_is_replaced(tmp_path):
    table = tmp_path / "dataset.csv"
    table.write_text("precious,data\n1,2\n")
    with pytest.raises(OutputError, match="choose another name"):
        write_cases([case(tmp_path)], table)
    assert table.read_text() == "precious,data\n1,2\n"
    table.write_text(",".join(COLUMNS) + "\n")
    write_cases([case(tmp_path)], table)
    assert len(read_cases(table)) == 1
    with pytest.raises(OutputError, match="is a folder"):
        write_cases([case(tmp_path)], tmp_path)


def test_two_cases_of_one_name_are_refused(tmp_path):
    with pytest.raises(InputError, match="2 cases a"):
        write_cases([case(tmp_path), case(tmp_path)], tmp_path / "dataset.csv")
    assert not (tmp_path / "dataset.csv").exists()


def test_names_take_folders_only_where_they_must():
    scans = ["/s/1/anat/T1.nii", "/s/2/anat/T1.nii", "/s/2/anat/T2.nii", "/s/2/anat/T1.nii.gz"]
    assert unique_names([Path(scan) for scan in scans]) == ["1_anat_T1", "s_2_anat_T1", "T2", "s_2_anat_T1-2"]


@given(st.lists(st.lists(st.sampled_from(["a", "b", "a_b"]), min_size=1, max_size=3), unique_by=tuple))
def test_names_are_always_unique(parts):
    names = unique_names([Path("/", *part).with_suffix(".nii") for part in parts])
    assert len(set(names)) == len(parts)
