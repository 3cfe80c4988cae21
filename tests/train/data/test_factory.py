"""The factory of training data: synthetic images or pairs as the recipe says, with what the run records of them."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull import InputError
from deskull.train.data.factory import DataSource, open_data
from deskull.train.data.pairs import PairData
from deskull.train.data.synthetic import SyntheticData
from tests.train.phantoms import TINY, TINY_SYNTHESIS, round_head, write_heads


def opened(recipe, path, cache, **source):
    lines = []
    data = open_data(recipe, DataSource(path, cache, **source), lines.append, lambda outcomes, _: outcomes)
    return data, lines


def test_recipe_on_pairs_gets_prepared_scans_of_both_splits(table, tmp_path):
    data, _ = opened(TINY, table, tmp_path)
    assert isinstance(data, PairData)
    assert [len(data.training), len(data.validation)] == [4, 1]
    assert list(data.facts["validation"]) == ["sub-04_T1w"]
    assert data.reference_scans == data.training


def test_recipe_on_synthetic_images_gets_label_maps(label_maps, tmp_path):
    data, lines = opened(TINY_SYNTHESIS, label_maps, tmp_path)
    assert isinstance(data, SyntheticData)
    assert lines == []
    assert not data.reference_scans


def test_scan_that_cannot_be_prepared_is_named_and_left_out(tmp_path):
    table = write_heads(tmp_path / "heads", 3)
    (tmp_path / "heads" / "sub-00_T1w.nii.gz").write_bytes(b"damaged")
    data, lines = opened(TINY, table, tmp_path / "cache")
    assert len(data.training) == 1
    assert len(lines) == 1
    assert "left out" in lines[0]
    assert "sub-00_T1w.nii.gz" in lines[0]


def test_data_set_without_validation_split_does_not_validate(tmp_path):
    data, _ = opened(TINY, write_heads(tmp_path, 2, held_out=0), tmp_path / "cache")
    assert not data.validates


def test_splits_of_another_table_are_used(table, tmp_path):
    text = (table.parent / "splits.csv").read_text()
    (tmp_path / "mine.csv").write_text(text.replace("train", "validation"))
    with pytest.raises(InputError, match="no case is in the split train"):
        opened(TINY, table, tmp_path / "cache", splits=tmp_path / "mine.csv")


def test_missing_real_scans_are_announced(label_maps, tmp_path):
    data, lines = opened(replace(TINY_SYNTHESIS, real_scan_probability=0.1), label_maps, tmp_path)
    assert "holds no real scans in labelled/; training on synthetic images only" in lines[0]
    assert data.facts["real_scans"] == []


def test_real_scans_are_mixed_in(label_maps, tmp_path):
    from deskull import formats

    shutil.copytree(label_maps / "labelmaps", tmp_path / "labelmaps")
    for volume, ending in zip(round_head(0), ("", "_mask"), strict=True):
        formats.write(volume, tmp_path / "labelled" / f"a{ending}.nii.gz")
    (tmp_path / "labelled" / "cases.csv").write_text("case,split\na,train\nb,validation\n")
    data, lines = opened(
        replace(TINY_SYNTHESIS, real_scan_probability=1.0, tolerance=4.0), tmp_path, tmp_path / "cache"
    )
    data.setup()
    batch = next(iter(data.train_dataloader()))
    assert lines == []
    assert data.facts["real_scans"] == ["a"]
    assert batch["tolerance"].item() == 4.0
    assert (batch["weight"][0, 1] == 0).all()  # of the intracranial surface nothing is known


@pytest.mark.parametrize("content", ["name\na\n", None])
def test_table_of_real_scans_without_its_columns_is_refused(label_maps, tmp_path, content):
    shutil.copytree(label_maps / "labelmaps", tmp_path / "labelmaps")
    (tmp_path / "labelled").mkdir()
    if content is not None:
        (tmp_path / "labelled" / "cases.csv").write_text(content)
    recipe = replace(TINY_SYNTHESIS, real_scan_probability=1.0)
    with pytest.raises(InputError, match=r"cases\.csv: cannot be read as a table with the columns case and split"):
        opened(recipe, tmp_path, tmp_path)
