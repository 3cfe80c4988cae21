"""BIDS: which scan a mask belongs to, and what happens in doubt."""

from __future__ import annotations

import json

import pytest

from deskull.data.layouts.bids import find_bids
from deskull.data.layouts.files import Listing
from tests.data.layouts.trees import bids


def test_mask_belongs_to_the_scan_of_its_session(tmp_path):
    bids(
        tmp_path, "sub-01/ses-1/anat/sub-01_ses-1_T1w.nii.gz", "sub-01/ses-2/anat/sub-01_ses-2_T1w.nii.gz",
        *(f"derivatives/prep/sub-01/ses-{n}/anat/sub-01_ses-{n}_desc-brain_mask.nii.gz" for n in (1, 2)),
    )  # fmt: skip
    cases, problems = find_bids(Listing.of(tmp_path))
    assert [(case.name, case.subject) for case in cases] == [("sub-01_ses-1_T1w", "01"), ("sub-01_ses-2_T1w", "01")]
    assert problems == []


def test_mask_belongs_to_the_scan_of_its_run(tmp_path):
    bids(
        tmp_path, "sub-02/anat/sub-02_run-1_T1w.nii", "sub-02/anat/sub-02_run-2_T1w.nii",
        "derivatives/prep/sub-02/anat/sub-02_run-2_space-orig_desc-brain_mask.nii.gz",
    )  # fmt: skip
    ((case,), problems) = find_bids(Listing.of(tmp_path))
    assert (case.name, problems) == ("sub-02_run-2_T1w", [])


@pytest.mark.parametrize(
    "mask",
    [
        "derivatives/sub-01/anat/sub-01_space-MNI152NLin6Asym_res-2_desc-brain_mask.nii.gz",
        "derivatives/sub-01/func/sub-01_task-rest_desc-brain_mask.nii.gz",
    ],
)
def test_masks_in_standard_space_and_of_other_modalities_are_ignored(tmp_path, mask):
    bids(tmp_path, "sub-01/anat/sub-01_T1w.nii.gz", "derivatives/sub-01_desc-brain_mask.nii.gz", mask)
    cases, problems = find_bids(Listing.of(tmp_path))
    assert (len(cases), problems) == (1, [])


@pytest.mark.parametrize(
    ("mask", "sidecar", "scan"),
    [
        ("sub-1_desc-brain_mask", None, "sub-1_T1w"),
        ("sub-1_desc-brain_mask", {"Sources": ["bids:raw:sub-1/anat/sub-1_FLAIR.nii.gz"]}, "sub-1_FLAIR"),
        ("sub-1_desc-brain_mask", {"RawSources": "sub-1/anat/sub-1_T2w.nii.gz"}, "sub-1_T2w"),
        ("sub-1_desc-brain_mask", {"Sources": ["bids::sub-1/anat/sub-1_desc-preproc_T2w.nii.gz"]}, "sub-1_T2w"),
        ("sub-1_desc-brain_mask", {"Sources": ["mri/brainmask.mgz"], "RawSources": 3}, "sub-1_T1w"),
        ("sub-1_desc-brain_mask", ["not", "an", "object"], "sub-1_T1w"),
        ("sub-1_space-T2w_desc-brain_mask", None, "sub-1_T2w"),
        ("sub-1_acq-x_desc-brain_mask", None, "sub-1_acq-x_PDw"),
    ],
)
def test_sidecar_or_space_or_entities_decide_between_scans(tmp_path, mask, sidecar, scan):
    raws = [f"sub-1/anat/sub-1_{kind}.nii.gz" for kind in ("FLAIR", "T1w", "T2w", "acq-x_PDw")]
    bids(tmp_path, *raws, f"derivatives/{mask}.nii.gz")
    if sidecar is not None:
        (tmp_path / "derivatives" / f"{mask}.json").write_text(json.dumps(sidecar))
    ((case,), problems) = find_bids(Listing.of(tmp_path))
    assert (case.name, problems) == (scan, [])


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"Sources": "' + b"x" * 2_000_000 + b'"}'])
def test_unusable_sidecar_counts_as_none(tmp_path, content):
    bids(tmp_path, "sub-1/anat/sub-1_T1w.nii", "sub-1/anat/sub-1_T2w.nii", "derivatives/sub-1_desc-brain_mask.nii")
    (tmp_path / "derivatives" / "sub-1_desc-brain_mask.json").write_bytes(content)
    assert [case.name for case in find_bids(Listing.of(tmp_path))[0]] == ["sub-1_T1w"]


MASK_OF_SUB_1 = "derivatives/sub-1_desc-brain_mask.nii"
MASK_OF_MNI = "derivatives/sub-3_space-MNI_desc-brain_mask.nii"
TWO_MASKS = [f"derivatives/{pipeline}/sub-2_desc-brain_mask.nii" for pipeline in "ab"]


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["sub-1/anat/sub-1_PDw.nii", "sub-1/anat/sub-1_T2w.nii", MASK_OF_SUB_1], "matches 2 scans"),
        (["sub-9/anat/sub-9_T1w.nii", "derivatives/sub-9_run-1_desc-brain_mask.nii"], "matches no scan"),
        (["sub-2/anat/sub-2_T1w.nii", *TWO_MASKS], "sub-2_T1w.nii: has 2 masks"),
        (["sub-3/anat/sub-3_T1w.nii"], "sub-3 has no desc-brain_mask in its own space"),
        (["sub-3/anat/sub-3_T1w.nii", MASK_OF_MNI], "sub-3 has no desc-brain_mask in its own space"),
    ],
)
def test_doubtful_or_missing_mask_is_one_problem(tmp_path, names, fault):
    bids(tmp_path, *names)
    cases, (problem,) = find_bids(Listing.of(tmp_path))
    assert cases == []
    assert fault in problem


def _site(folder, text):
    bids(folder, "sub-1/anat/sub-1_T1w.nii", "derivatives/sub-1_desc-brain_mask.nii")
    (folder / "participants.tsv").write_bytes(text.encode())
    ((case,), _) = find_bids(Listing.of(folder))
    return case.site


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("participant_id\tage\tScanner\nsub-1\t3\tTrio\n", "Trio"),
        ("\ufeffparticipant_id\tsite\r\nsub-1\tBasel\r\n", "Basel"),
        ("participant_id\tsite\tscanner\nsub-1\tn/a\tTrio\n", "Trio"),
        ('participant_id\tsite\nsub-1\t"x\n', '"x'),
        ("participant_id\tage\nsub-1\t3\n", ""),
        ("participant_id\tsite\nsub-2\tBasel\n", ""),
    ],
)
def test_site_is_the_column_site_or_scanner_of_the_participants(tmp_path, text, site):
    assert _site(tmp_path, text) == site


@pytest.mark.parametrize("text", ["id\tsite\nsub-1\tBasel\n", "participant_id\nsub-1\tBasel\n", "\0\1"])
def test_unusable_file_of_participants_is_a_warning(tmp_path, text):
    with pytest.warns(UserWarning, match=r"participants\.tsv: .*sites of the subjects remain unknown"):
        assert _site(tmp_path, text) == ""
