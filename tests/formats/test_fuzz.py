"""The fuzzer itself, and a small run of it over every format (``python -m benchmarks.fuzz`` runs more)."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="needs pydicom (deskull[dicom])")
pytest.importorskip("dcm2niix", reason="needs dcm2niix (deskull[dicom])")

from benchmarks.fuzz.campaign import explained, run
from benchmarks.fuzz.child import Outcome
from benchmarks.fuzz.classes import ALLOWED, Class, Reading, canonical, differences, fault_of_message
from benchmarks.fuzz.files import OUTSIDE, Fifo, Link, write_files
from benchmarks.fuzz.mutations import Mutant, all_seeds
from benchmarks.fuzz.report import forbidden, silent_by_reason, table, write_csv
from benchmarks.fuzz.seeds import affine, head

from deskull import formats

SEEDS = all_seeds()
#: Formats of the small run, all but MINC 2, which starts a process for each file; and its number of mutants.
FORMATS = [name for name in SEEDS if name != "mnc2"]
MUTANTS = 200


def reading(shift=0.0, brighter=0):
    matrix = affine()
    matrix[0, 3] += shift
    return Reading(head().astype(float) + brighter, matrix)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", SEEDS)
def test_undamaged_seed_is_read_with_its_voxels_and_affine(tmp_path, name):
    seed = SEEDS[name]
    write_files(seed.files(), tmp_path / "case", b"")
    volume = formats.read(tmp_path / "case" / seed.main)
    found, expected = Reading(volume.values(), volume.affine), Reading(seed.values.astype(float), seed.affine)
    if seed.any_axes:
        found, expected = canonical(found), canonical(expected)
    assert differences(found, expected) == []


def test_mutants_end_in_an_allowed_class():
    each = MUTANTS // len(FORMATS)
    results = run([Mutant(name, 14, number) for name in FORMATS for number in range(each)], jobs=1)
    assert forbidden(results) == []
    assert {outcome.kind for outcome in results.values()} >= {Class.sentence, Class.right}


@pytest.mark.parametrize("name", SEEDS)
def test_same_format_seed_and_number_give_the_same_mutant(name):
    first, second, other = (Mutant(name, 3, number).make() for number in (5, 5, 6))
    assert first == second
    assert first != other


def test_special_files_are_made_in_place_of_contents(tmp_path):
    files = {"pipe": Fifo(), "link": Link("/dev/zero"), "a/b.txt": b"see " + OUTSIDE}
    write_files(files, tmp_path / "case", b"secret")
    assert (tmp_path / "case" / "pipe").is_fifo()
    assert (tmp_path / "case" / "link").readlink() == Path("/dev/zero")
    assert (tmp_path / "case" / "a" / "b.txt").read_text() == f"see {tmp_path / 'outside'}"
    assert (tmp_path / "outside" / "voxels.raw").read_bytes() == b"secret"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{path}: is damaged; copy it again.", ""),
        ("{path}: is damaged;\ncopy it again.", "printable"),
        ("{path}: is \x1b[31mred; copy it again.", "printable"),
        ("scan: is damaged; copy it again.", "does not name the file"),
        ("{path}: no file {folder}/other.raw; copy it again.", "temporary path"),
        ("{path}: ImageIO(0x5618d9ac4df0): failed; copy it again.", "address"),
        ("{path}: " + "x" * 500, "too long"),
    ],
)
def test_message_that_a_user_cannot_use_is_a_fault(tmp_path, text, fault):
    path = tmp_path / "case" / "scan.nii"
    found = fault_of_message(text.format(path=path, folder=path.parent), path)
    assert fault in found
    assert bool(fault) == bool(found)


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (reading(), []),
        (reading(brighter=1), ["voxels"]),
        (reading(shift=1), ["affine"]),
        (reading(shift=1, brighter=1), ["voxels", "affine"]),
        (Reading(head()[:-1].astype(float), affine()), ["shape"]),
    ],
)
def test_differences_name_the_parts_that_differ(one, found):
    assert differences(one, reading()) == found


def test_canonical_readings_of_a_flipped_image_are_equal():
    flip = np.diag([-1.0, 1, 1, 1])
    flip[0, 3] = head().shape[0] - 1
    flipped = Reading(head()[::-1].astype(float), affine() @ flip)
    assert differences(canonical(flipped), canonical(reading())) == []


SILENT = {
    "another reader agrees": ("nii", "header", "pixdim[1]=2", [reading(shift=1)], Class.silent),
    "another reader disagrees": ("nii", "header", "pixdim[1]=2", [reading(shift=2)], Class.unexplained),
    "no other reader": ("nii", "header", "pixdim[1]=2", [], Class.unexplained),
    "the checksum tells": ("nii.gz", "container", "damaged", [reading(shift=1)], Class.unexplained),
    "voxels are missing": ("mha-raw", "body", "truncated", [reading(shift=1)], Class.unexplained),
}


@pytest.mark.parametrize("case", SILENT)
def test_silent_difference_is_explained_only_where_nothing_could_tell(case):
    name, part, label, others, expected = SILENT[case]
    outcome = Outcome(Class.silent, part, label, "voxels and affine", reading=reading(shift=1))
    found = explained(outcome, dict(zip("abc", others, strict=False)), SEEDS[name])
    assert found.kind is expected
    assert found.reading is None


def test_mutant_that_ends_its_process_is_classed_as_death(monkeypatch):
    monkeypatch.setattr("benchmarks.fuzz.campaign.examine", _crash)
    assert [outcome.kind for outcome in run([Mutant("nii", 1, 0)], jobs=1).values()] == [Class.death]


def test_mutant_that_blocks_its_process_is_classed_as_hang(monkeypatch):
    monkeypatch.setattr("benchmarks.fuzz.campaign._START", -9.9)
    monkeypatch.setattr("benchmarks.fuzz.campaign.examine", _block)
    assert [outcome.kind for outcome in run([Mutant("nii", 1, 0)], jobs=1).values()] == [Class.hang]


def _crash(mutant):
    os.abort()


def _block(mutant):
    time.sleep(60)


def test_report_counts_and_lists(tmp_path):
    results = {
        Mutant("nii", 1, 0): Outcome(Class.sentence, "header", "a", "b"),
        Mutant("nii", 1, 1): Outcome(Class.silent, "body", "flip", "other voxels"),
        Mutant("mgh", 1, 0): Outcome(Class.death, "header", "c", "d"),
    }
    counts = [cell.strip() for cell in table(results).splitlines()[-1].split("|")]
    assert counts[1:4] == ["all", "3", "1"]
    assert silent_by_reason(results).splitlines() == ["1 x other voxels", "nii 1 1: body: 'flip': other voxels"]
    assert forbidden(results) == ["death: mgh 1 0: header: 'c': d"]
    write_csv(results, tmp_path / "results.csv")
    assert len((tmp_path / "results.csv").read_text().splitlines()) == 4
    assert Class.death not in ALLOWED
