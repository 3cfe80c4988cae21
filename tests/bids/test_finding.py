"""Finding the scans of a dataset: by participant, session, suffix and filter."""

from __future__ import annotations

import pytest

pytest.importorskip("ancpbids", reason="needs ancpbids (deskull[bids])")

from deskull import InputError, UsageError
from deskull.bids.finding import Query, find_scans
from tests.bids.conftest import SCANS, add_scan


def found(raw, **query):
    return [path.relative_to(raw).as_posix().removesuffix(".nii.gz") for path in find_scans(raw, Query(**query))]


def test_all_anatomical_scans_are_found_by_default(raw):
    add_scan(raw, "sub-02/func/sub-02_task-rest_bold")
    add_scan(raw, "derivatives/other/sub-02/anat/sub-02_desc-brain_T1w")
    assert found(raw) == sorted(SCANS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"participants": ["02"]}, SCANS[4:]),
        ({"participants": ["sub-01", "02"], "suffixes": ["T1w"]}, [SCANS[0], SCANS[1], SCANS[3], SCANS[4]]),
        ({"sessions": ["2"]}, SCANS[3:4]),
        ({"sessions": ["ses-2"]}, SCANS[3:4]),
        ({"suffixes": ["T2w", "FLAIR"]}, [SCANS[2], SCANS[5]]),
        ({"filters": [{"suffix": "T1w", "ses": "1", "run": 2, "datatype": "anat"}]}, SCANS[1:2]),
        ({"filters": [{"suffix": "FLAIR"}, {"acq": "fast"}]}, [SCANS[3], SCANS[5]]),
        ({"filters": [{"suffix": "T1w"}], "participants": ["02"]}, SCANS[4:5]),
        ({"filters": [{"suffix": "T1w"}], "suffixes": ["T2w"]}, SCANS[2:3]),
        ({"filters": [{"suffix": "T2w", "datatype": "func"}, {"suffix": "FLAIR"}]}, SCANS[5:]),
    ],
)
def test_scans_are_chosen_by_a_query(raw, query, expected):
    assert found(raw, **query) == sorted(expected)


@pytest.mark.parametrize(("part", "is_found"), [("mag", True), ("phase", False), ("real", False), ("imag", False)])
def test_only_the_magnitude_of_a_scan_in_parts_is_found(raw, part, is_found):
    scan = f"sub-02/anat/sub-02_part-{part}_T1w"
    add_scan(raw, scan)
    assert (scan in found(raw)) == is_found


def test_another_part_is_found_if_a_filter_names_it(raw):
    add_scan(raw, "sub-02/anat/sub-02_part-phase_T1w")
    assert found(raw, filters=[{"part": "phase"}]) == ["sub-02/anat/sub-02_part-phase_T1w"]


def test_scans_in_linked_folders_keep_the_names_of_the_links(raw, tmp_path):
    linked = tmp_path / "linked"
    linked.mkdir()
    for path in raw.iterdir():
        (linked / path.name).symlink_to(path)
    assert found(linked, participants=["02"], suffixes=["T1w"]) == ["sub-02/anat/sub-02_T1w"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"participants": ["99"]}, "has no participant 99"),
        ({"suffixes": ["bold"]}, "has no scan that was asked for"),
        ({"sessions": ["9"]}, "has no scan that was asked for"),
    ],
)
def test_query_without_a_scan_is_refused(raw, query, message):
    with pytest.raises(UsageError, match=message):
        find_scans(raw, Query(**query))


def test_folder_that_is_not_a_dataset_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is not a BIDS dataset"):
        find_scans(tmp_path, Query())


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{", b"[" * 100_000])
def test_damaged_description_is_refused(raw, content):
    (raw / "dataset_description.json").write_bytes(content)
    with pytest.raises(InputError, match=r"dataset_description.json: cannot be read as JSON .* correct it"):
        find_scans(raw, Query())
