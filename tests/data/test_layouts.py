"""Finding cases: NFBS, patterns, tables and BIDS; what is missing is named and the rest is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull import InputError, UsageError
from deskull.data.layouts import (
    Patterns,
    find_bids,
    find_cases,
    find_nfbs,
    find_pattern,
    find_table,
    table_splits,
)
from deskull.data.splits import Membership

WORD = st.from_regex(r"[A-Za-z0-9]{1,4}", fullmatch=True)


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def nfbs(folder: Path, *subjects: str, kinds=("_T1w", "_T1w_brain", "_T1w_brainmask")) -> Path:
    return touch(folder, *(f"{s}/sub-{s}_ses-NFB3{kind}.nii.gz" for s in subjects for kind in kinds))


def test_nfbs_at_any_depth(tmp_path):
    nfbs(tmp_path / "NFBS_Dataset", "A00028185", "A00028352")
    cases, problems = find_nfbs(tmp_path)
    assert problems == []
    assert [case.name for case in cases] == ["sub-A00028185_ses-NFB3_T1w", "sub-A00028352_ses-NFB3_T1w"]
    assert [case.subject for case in cases] == ["A00028185", "A00028352"]
    stem = tmp_path / "NFBS_Dataset" / "A00028185" / "sub-A00028185_ses-NFB3_T1w"
    assert [str(path) for path in (cases[0].raw, cases[0].mask, cases[0].brain)] == [
        f"{stem}.nii.gz", f"{stem}_brainmask.nii.gz", f"{stem}_brain.nii.gz",
    ]  # fmt: skip


def test_nfbs_names_what_is_missing_and_goes_on(tmp_path):
    nfbs(tmp_path, "A1")
    nfbs(tmp_path, "A2", kinds=("_T1w", "_T1w_brain"))
    nfbs(tmp_path, "A3", kinds=("_T1w_brainmask",))
    nfbs(tmp_path, "A4", kinds=("_T1w", "_T1w_brainmask"))
    touch(tmp_path, "nameless_T1w.nii", "nameless_T1w_brainmask.nii", ".hidden/sub-9_T1w.nii", "._sub-8_T1w.nii")
    (tmp_path / "sub-7_T1w.nii").symlink_to(tmp_path / "nowhere")
    cases, problems = find_nfbs(tmp_path)
    assert [(case.subject, case.brain is not None) for case in cases] == [("A1", True), ("A4", False)]
    faults = ("link to a file that is not there", "no mask sub-A2", "no scan sub-A3", "tells no subject")
    assert len(problems) == len(faults)
    for fault in faults:
        assert sum(fault in problem for problem in problems) == 1, fault


def test_links_that_go_round_end(tmp_path):
    nfbs(tmp_path, "A1")
    (tmp_path / "A1" / "up").symlink_to(tmp_path)
    assert len(find_nfbs(tmp_path)[0]) == 1


def test_folders_behind_links_are_searched(tmp_path):
    nfbs(tmp_path / "store", "A1")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "A1").symlink_to(tmp_path / "store" / "A1")
    assert find_nfbs(tmp_path / "set")[0][0].raw == tmp_path / "set" / "A1" / "sub-A1_ses-NFB3_T1w.nii.gz"


def test_pattern_by_folders(tmp_path):
    for site, subject in (("north", "01"), ("south", "02")):
        touch(tmp_path, *(f"{site}/{subject}/anat/T1{kind}.nii.gz" for kind in ("", "_mask", "_roi", "_x")))
    touch(tmp_path, "north/03/anat/T1.nii.gz", "north/readme.txt", "north/03/deep/er/T1.nii.gz")
    base = "{site}/{subject}/anat/{scan}"
    patterns = Patterns(f"{base}.nii.gz", f"{base}_mask.nii.gz", f"{base}_x.nii.gz", f"{base}_roi.nii.gz")
    cases, problems = find_pattern(tmp_path, patterns)
    assert [(case.name, case.subject, case.site) for case in cases] == [
        ("01_anat_T1", "01", "north"), ("02_anat_T1", "02", "south"),
    ]  # fmt: skip
    assert cases[0].brain == tmp_path / "north" / "01" / "anat" / "T1_x.nii.gz"
    assert cases[0].roi == tmp_path / "north" / "01" / "anat" / "T1_roi.nii.gz"
    assert len(problems) == 1
    assert "03/anat/T1_mask.nii.gz; add it" in problems[0]


def test_pattern_with_masks_in_another_tree(tmp_path):
    touch(tmp_path, "raw/s1_T1.nii", "raw/s1_T2.nii", "masks/s1.mgz")
    patterns = Patterns("./{subject}_*.nii", "../masks/{subject}.mgz")
    cases, problems = find_pattern(tmp_path / "raw", patterns)
    assert [case.name for case in cases] == ["s1_T1", "s1_T2"]
    assert {case.mask.resolve() for case in cases} == {tmp_path / "masks" / "s1.mgz"}
    assert problems == []


def test_pattern_with_one_mask_file_name_for_all(tmp_path):
    touch(tmp_path, "a/scan.nii", "a/mask.nii", "b/scan.nii", "b/mask.nii")
    cases, problems = find_pattern(tmp_path, Patterns("{subject}/*.nii", "{subject}/mask.nii"))
    assert [case.name for case in cases] == ["a_scan", "b_scan"]
    assert problems == []


@given(subject=WORD, visit=WORD, kind=WORD)
def test_fields_are_filled_into_the_mask(tmp_path_factory, subject, visit, kind):
    folder = tmp_path_factory.mktemp("fields")
    touch(folder, f"{subject}/{subject}_{visit}_{kind}.nii", f"m/{kind}-{visit}-{subject}.nii")
    patterns = Patterns("{subject}/{subject}_{visit}_{kind}.nii", "m/{kind}-{visit}-{subject}.nii")
    ((case,), problems) = find_pattern(folder, patterns)
    assert (case.subject, problems) == (subject, [])


@pytest.mark.parametrize(
    ("scan", "mask", "fault"),
    [
        ("{scan}.nii", "{scan}_m.nii", "needs {subject}"),
        ("{subject}.nii", "{subj}_m.nii", "no {subj}"),
        ("{subject}.nii", "*_m.nii", r"no \*"),
        ("{subject.nii", "m.nii", "brace"),
        ("{subject}.nii", "{subject_m.nii", "brace"),
        ("{1}{subject}.nii", "m.nii", "brace"),
        ("/data/{subject}.nii", "m.nii", "below FOLDER"),
    ],
)
def test_a_pattern_that_cannot_be_used(tmp_path, scan, mask, fault):
    with pytest.raises(UsageError, match=fault):
        find_pattern(tmp_path, Patterns(scan, mask))


def test_a_pattern_that_fits_nothing_is_told(tmp_path):
    touch(tmp_path, "a.nii", "a_mask.nii")
    with pytest.warns(UserWarning, match="--roi-pattern {subject}_rio.nii: fits no file"):
        find_pattern(tmp_path, Patterns("{subject}.nii", "{subject}_mask.nii", roi="{subject}_rio.nii"))


def test_pattern_on_real_names(data):
    base = "msl_{subject}_{visit}_{modality}"
    patterns = Patterns(f"{base}.nii.gz", f"{base}_mask.nii.gz", roi=f"{base}_roi.nii.gz")
    cases, problems = find_pattern(data / "labelled", patterns)
    assert problems == []
    assert len(cases) == 9
    assert {case.subject for case in cases} == {"p01", "p12"}
    assert {case.subject for case in cases if case.roi} == {"p01"}
    assert all(case.raw.name.replace(".nii", "_mask.nii") == case.mask.name for case in cases)


def table(folder: Path, *lines: str) -> Path:
    (folder / "mine.csv").write_text("\n".join(lines) + "\n")
    return folder / "mine.csv"


def test_table_with_all_columns(tmp_path):
    touch(tmp_path, "d/a.nii", "d/a_m.nii", "d/a_b.nii", "d/a_r.nii")
    path = table(tmp_path, "case,raw,mask,brain,roi,subject,site,split,age",
                 "first,d/a.nii,d/a_m.nii,d/a_b.nii,d/a_r.nii,p1,Basel,test,33")  # fmt: skip
    ((case,), problems) = find_table(path)
    assert problems == []
    assert (case.name, case.subject, case.site) == ("first", "p1", "Basel")
    assert [p.name for p in (case.raw, case.mask, case.brain, case.roi)] == ["a.nii", "a_m.nii", "a_b.nii", "a_r.nii"]
    assert table_splits(path) == {"p1": Membership("test", -1)}


def test_table_defaults_and_problems(tmp_path):
    touch(tmp_path, "sub-07_T1w.nii", "x.nii", "m.nii")
    path = table(tmp_path, "raw,mask,split", "sub-07_T1w.nii,m.nii,Train", f"{tmp_path}/x.nii,m.nii,",
                 "x.nii,,", "y.nii,m.nii,", "x.nii,m.nii,")  # fmt: skip
    with pytest.warns(UserWarning, match="unknown subject"):
        cases, problems = find_table(path)
    assert [(case.name, case.subject) for case in cases] == [("sub-07_T1w", "07"), ("x", "x")]
    faults = ("line 4 has no mask", "line 5 names", "line 6 names")
    assert all(fault in problem for fault, problem in zip(faults, problems, strict=True))
    assert table_splits(path) == {"07": Membership("train", -1)}


def test_table_faults(tmp_path):
    with pytest.raises(InputError, match="no column mask"):
        find_table(table(tmp_path, "raw", "a.nii"))
    touch(tmp_path, "a.nii", "b.nii", "m.nii")
    with pytest.raises(InputError, match="2 cases x"):
        find_table(table(tmp_path, "case,raw,mask", "x,a.nii,m.nii", "x,b.nii,m.nii"))
    with pytest.raises(InputError, match="split 'dev'"):
        table_splits(table(tmp_path, "raw,mask,split", "a.nii,m.nii,dev"))
    with pytest.raises(InputError, match="subject 1 is in train and test"):
        table_splits(table(tmp_path, "raw,mask,subject,split", "a.nii,m.nii,1,train", "b.nii,m.nii,1,test"))


def bids(folder: Path, *names: str) -> Path:
    touch(folder, *names)
    (folder / "dataset_description.json").write_text("{}")
    return folder


def test_bids_with_sessions_sites_and_other_spaces(tmp_path):
    derived = "derivatives/prep/sub-01/ses-1/anat/sub-01_ses-1"
    bids(
        tmp_path, "sub-01/ses-1/anat/sub-01_ses-1_T1w.nii.gz", "sub-01/ses-1/anat/sub-01_ses-1_T2w.nii.gz",
        "sub-02/anat/sub-02_run-1_T1w.nii", "sub-02/anat/sub-02_run-2_T1w.nii", "sub-03/anat/sub-03_T1w.nii",
        f"{derived}_desc-brain_mask.nii.gz", f"{derived}_space-MNI152NLin6Asym_res-2_desc-brain_mask.nii.gz",
        "derivatives/prep/sub-01/ses-1/func/sub-01_ses-1_task-rest_desc-brain_mask.nii.gz",
        "derivatives/prep/sub-02/anat/sub-02_run-2_space-orig_desc-brain_mask.nii.gz",
        "derivatives/prep/sub-09/anat/sub-09_desc-brain_mask.nii.gz",
    )  # fmt: skip
    lines = ("participant_id\tage\tScanner", "sub-01\t3\tTrio", "sub-02\t4\tn/a", 'sub-03\t5\t"x')
    (tmp_path / "participants.tsv").write_text("\n".join(lines))
    cases, problems = find_bids(tmp_path)
    assert [(case.name, case.subject, case.site) for case in cases] == [
        ("sub-01_ses-1_T1w", "01", "Trio"), ("sub-02_run-2_T1w", "02", ""),
    ]  # fmt: skip
    assert len(problems) == 2
    assert "sub-09_desc-brain_mask.nii.gz: fits no scan" in problems[0]
    assert "sub-03 has no desc-brain_mask" in problems[1]


@pytest.mark.parametrize(
    ("mask", "sidecar", "scan"),
    [
        ("sub-1_desc-brain_mask", None, "sub-1_T1w"),
        ("sub-1_desc-brain_mask", {"Sources": ["bids:raw:sub-1/anat/sub-1_FLAIR.nii.gz"]}, "sub-1_FLAIR"),
        ("sub-1_desc-brain_mask", {"RawSources": "sub-1/anat/sub-1_T2w.nii.gz"}, "sub-1_T2w"),
        ("sub-1_desc-brain_mask", {"Sources": ["bids::sub-1/anat/sub-1_desc-preproc_T2w.nii.gz"]}, "sub-1_T2w"),
        ("sub-1_desc-brain_mask", {"Sources": ["mri/brainmask.mgz"], "RawSources": 3}, "sub-1_T1w"),
        ("sub-1_desc-brain_mask", ["no", "object"], "sub-1_T1w"),
        ("sub-1_space-T2w_desc-brain_mask", None, "sub-1_T2w"),
        ("sub-1_acq-x_desc-brain_mask", None, "sub-1_acq-x_PDw"),
    ],
)
def test_bids_mask_belongs_to(tmp_path, mask, sidecar, scan):
    raws = [f"sub-1/anat/sub-1_{kind}.nii.gz" for kind in ("FLAIR", "T1w", "T2w", "acq-x_PDw")]
    bids(tmp_path, *raws, f"derivatives/{mask}.nii.gz")
    if sidecar is not None:
        (tmp_path / "derivatives" / f"{mask}.json").write_text(json.dumps(sidecar))
    ((case,), problems) = find_bids(tmp_path)
    assert (case.name, problems) == (scan, [])


def test_bids_doubts_are_problems(tmp_path):
    bids(
        tmp_path, "sub-1/anat/sub-1_PDw.nii", "sub-1/anat/sub-1_T2w.nii", "sub-2/anat/sub-2_T1w.nii",
        "sub-3/anat/sub-3_T1w.nii", "derivatives/a/sub-1_desc-brain_mask.nii",
        "derivatives/a/sub-2_desc-brain_mask.nii", "derivatives/b/sub-2_desc-brain_mask.nii",
        "derivatives/a/sub-3_space-MNI_desc-brain_mask.nii",
    )  # fmt: skip
    cases, problems = find_bids(tmp_path)
    assert cases == []
    assert [next(f for f in ("fits 2 scans", "has 2 masks", "sub-3 has no") if f in p) for p in problems] == [
        "fits 2 scans", "sub-3 has no", "has 2 masks",
    ]  # fmt: skip


def test_auto_knows_bids_by_its_description(tmp_path):
    names = ("sub-1/anat/sub-1_T1w.nii", "sub-1/anat/sub-1_T1w_brainmask.nii", "derivatives/sub-1_desc-brain_mask.nii")
    touch(tmp_path, *names)
    assert find_cases(tmp_path)[0][0].mask.name == "sub-1_T1w_brainmask.nii"
    bids(tmp_path)
    assert find_cases(tmp_path)[0][0].mask.name == "sub-1_desc-brain_mask.nii"
    assert find_cases(tmp_path, "auto") == find_cases(tmp_path, "bids")
    assert find_cases(tmp_path, "nfbs")[0][0].mask.name == "sub-1_T1w_brainmask.nii"


def test_one_way_at_a_time(tmp_path):
    for arguments in ((None,), (tmp_path, None, None, tmp_path / "t.csv"), (tmp_path, "nfbs", Patterns("", ""))):
        with pytest.raises(UsageError):
            find_cases(*arguments)
    with pytest.raises(InputError, match="no such folder"):
        find_cases(tmp_path / "none")
