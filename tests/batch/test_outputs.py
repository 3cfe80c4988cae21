"""Outputs: names and sidecars of results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deskull.batch.outputs import Sidecar, is_result, result_files, scan_of_result
from deskull.options import OutputKind, Surface
from deskull.provenance import Provenance


@pytest.mark.parametrize(
    ("scan", "mask"),
    [
        ("a.nii.gz", "a_brainmask.nii.gz"),
        ("a.nii", "a_brainmask.nii.gz"),
        ("b.mgz", "b_brainmask.mgz"),
        ("sub-1.T1w.nrrd", "sub-1.T1w_brainmask.nrrd"),
        ("c.zip", "c_brainmask.nii.gz"),
    ],
)
def test_result_is_named_after_the_scan_in_its_format(scan, mask):
    assert result_files(Path("in", scan), Path("out"), ("brainmask",)) == {"brainmask": Path("out", mask)}


def test_label_stands_between_the_name_and_the_kind():
    files = result_files(Path("a.zip"), Path(), ("brain", "seg"), "_series-3")
    assert [path.name for path in files.values()] == ["a_series-3_brain.nii.gz", "a_series-3_seg.dcm"]


def test_results_of_a_folder_carry_its_name(tmp_path, monkeypatch):
    (tmp_path / "S1").mkdir()
    monkeypatch.chdir(tmp_path / "S1")
    assert result_files(Path(), Path("out"), ("brain",))["brain"].name == "S1_brain.nii.gz"


@pytest.mark.parametrize(
    ("name", "scan"),
    [
        ("a_brain.nii.gz", "a"),
        ("a_brain_n4.nii", "a"),
        ("a_seg.dcm", "a"),
        ("a_converted.nii.gz", "a"),
        ("a_brains.nii", ""),
        ("brain.nii", ""),
    ],
)
def test_result_is_recognised_by_its_name(name, scan):
    assert scan_of_result(Path(name)) == scan
    assert is_result(Path(name)) == bool(scan)


def test_sidecar_overrides_what_it_inherits(tmp_path):
    (tmp_path / "all.json").write_text('{"a": 1, "b": 1, "c": 1}')
    (tmp_path / "own.json").write_text('{"b": 2, "c": 2}')
    text = Sidecar({"c": 3}, (tmp_path / "all.json", tmp_path / "own.json")).text()
    assert json.loads(text) == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("damage", ["{", "[1]", "3", "", "\udc80"])
def test_damaged_sidecar_is_not_inherited(tmp_path, damage):
    (tmp_path / "damaged.json").write_text(damage, errors="surrogateescape")
    sidecar = Sidecar({"c": 3}, (tmp_path / "damaged.json", tmp_path / "missing.json"))
    assert json.loads(sidecar.text()) == {"c": 3}


def test_sidecar_states_what_the_results_were_made_with():
    made = Provenance("small", "ab12", "brain", 0.5, "mean", "1.0")
    (entry,) = json.loads(Sidecar({"c": 3}).text(made))["GeneratedBy"]
    assert (entry["Name"], entry["Version"]) == ("deskull", "1.0")
    parameters = {"model": "small", "sha256": "ab12", "surface": "brain", "border_mm": 0.5, "frame": "mean"}
    assert entry["Parameters"] == parameters


def test_results_of_the_two_surfaces_never_have_the_same_name():
    kinds = [kind for kind in OutputKind if kind is not OutputKind.icvmask]
    files = [
        path for surface in Surface for path in result_files(Path("a.zip"), Path(), kinds, surface=surface).values()
    ]
    assert len(set(files)) == 2 * len(kinds)
    assert {scan_of_result(path) for path in files} == {"a"}
