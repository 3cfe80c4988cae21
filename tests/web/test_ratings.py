"""Ratings: the table keeps what others wrote into it."""

from __future__ import annotations

import pytest

from deskull.errors import InputError
from deskull.web.ratings import COLUMNS, Rating, Ratings

KNOWN = {"verdict": "pass", "predicted_dice": "0.97"}


def test_other_lines_and_columns_are_kept(tmp_path):
    path = tmp_path / "scans_reviewed.tsv"
    path.write_text("filename\tacq_time\trating\nold.nii\t2020\t3\nnew.nii\t2021\tn/a\n")
    Ratings(path).save("new.nii", Rating("5"), KNOWN, "ada")
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    assert lines[0][:3] == ["filename", "acq_time", "rating"]
    assert lines[1][:3] == ["old.nii", "2020", "3"]
    assert lines[2][:3] == ["new.nii", "2021", "5"]
    assert set(COLUMNS) <= set(lines[0])


@pytest.mark.parametrize("word", ["edit", "review"])
def test_table_of_the_report_is_read(tmp_path, word):
    path = tmp_path / "scans_reviewed.tsv"
    path.write_text(
        "\t".join(COLUMNS)
        + f"\na\tpass\t0.97\t1400.2\tn/a\t{word}\tleaks\tada\t2026\nb\tpass\t1\tn/a\t2\tn/a\tn/a\tn/a\tn/a\n"
    )
    assert Ratings(path).read() == {"a": Rating("review", "leaks"), "b": Rating("2", "")}


def test_rating_does_not_keep_the_volume_of_an_earlier_mask(tmp_path):
    path = tmp_path / "scans_reviewed.tsv"
    path.write_text("filename\tvolume_ml\trating\na\t1400.2\t3\nb\t1300.1\t4\n")
    Ratings(path).save("a", Rating("5"), KNOWN, "ada")
    lines = [line.split("\t")[:3] for line in path.read_text().splitlines()]
    assert lines[1:] == [["a", "n/a", "5"], ["b", "1300.1", "4"]]


@pytest.mark.parametrize("content", [b"name,age\n", b"\xff\xfe\x00"])
def test_other_table_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "scans_reviewed.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match="move it away"):
        Ratings(path).save("a", Rating("5"), KNOWN, "ada")
    assert path.read_bytes() == content


def test_empty_rating_clears(tmp_path):
    ratings = Ratings(tmp_path / "scans_reviewed.tsv")
    ratings.save("a", Rating("accept", "good"), KNOWN, "ada")
    ratings.save("a", Rating(), KNOWN, "ada")
    assert ratings.read() == {"a": Rating()}
