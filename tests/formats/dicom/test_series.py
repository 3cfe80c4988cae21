"""Series of a source: their list, which can be scans of a head, and the choice of one."""

from __future__ import annotations

import pytest

from deskull.errors import DicomWarning, InputError
from deskull.formats.dicom.series import choose, excluded, list_series, strippable
from tests.formats.dicom.synthetic import SECONDARY_CAPTURE, Recipe, image, write, write_series

T1 = Recipe(number=3, description="T1 MPRAGE", uid="1.2.1", slices=4)
T2 = Recipe(number=3, description="T2", uid="1.2.2", slices=3, size=32)
SCOUT = Recipe(number=1, description="AAHead_Scout", uid="1.2.3", slices=2)


@pytest.fixture
def study(tmp_path):
    """A folder of three series, two of which have the same number."""
    for recipe in (T1, T2, SCOUT):
        write_series(tmp_path / recipe.description, recipe)
    return tmp_path


def listed(folder, *recipes):
    for index, recipe in enumerate(recipes):
        write_series(folder / str(index), recipe)
    return list_series(folder)


def test_series_are_listed_by_number_with_what_tells_them_apart(study):
    assert [str(one) for one in list_series(study)] == [
        "#1 number 1, 'AAHead_Scout', 16x16, 10:15:00, 2 files (localizer)",
        "#2 number 3, 'T1 MPRAGE', 16x16, 10:15:00, 4 files",
        "#3 number 3, 'T2', 32x32, 10:15:00, 3 files",
    ]


def test_keys_of_series_are_unique(study):
    assert [one.key for one in list_series(study)] == ["1", "3", "3-2"]


def test_series_without_a_number_are_told_apart_by_position(tmp_path):
    tags = {"SeriesNumber": None}
    first, second = listed(tmp_path, Recipe(tags=tags, uid="1.1"), Recipe(tags=tags, uid="1.2"))
    assert (first.number, first.key, second.key) == (0, "0", "0-2")
    assert choose([first, second], "#2", tmp_path) is second


@pytest.mark.parametrize(
    ("selector", "description"),
    [
        ("#1", "AAHead_Scout"),
        ("#3", "T2"),
        ("1", "AAHead_Scout"),
        ("T2", "T2"),
        ("t1 mprage", "T1 MPRAGE"),
        (" T1  MPRAGE ", "T1 MPRAGE"),
        ("1.2.2", "T2"),
    ],
)
def test_series_is_chosen_by_position_number_description_or_uid(selector, description, study):
    assert choose(list_series(study), selector, study).description == description


@pytest.mark.parametrize(
    ("selector", "fault"),
    [
        ("3", "2 of its 3 series fit '3'"),
        ("7", "none of its 3 series fits '7'"),
        ("#4", "none of its 3 series fits '#4'"),
        ("#0", "none of its 3 series fits"),
        ("T1", "none of its 3 series fits"),
        ("", "none of its 3 series fits"),
    ],
)
def test_selector_that_names_no_single_series_is_refused_with_the_list(selector, fault, study):
    with pytest.raises(InputError, match=fault) as caught:
        choose(list_series(study), selector, study)
    assert "#2 number 3, 'T1 MPRAGE'" in str(caught.value)


def test_several_scans_without_a_selector_are_refused_with_the_list(study):
    with pytest.raises(InputError, match=r"holds 3 series; choose one with series='#2', .* #1 number 1"):
        choose(list_series(study), None, study)


def test_only_scan_among_localizers_is_chosen_and_the_others_are_reported(tmp_path):
    series = listed(tmp_path, SCOUT, T1)
    with pytest.warns(DicomWarning, match=r"series 1 \(localizer\) is not stripped"):
        assert choose(series, None, tmp_path).description == "T1 MPRAGE"


def test_only_series_is_chosen_whatever_it_is(tmp_path):
    assert choose(listed(tmp_path, SCOUT), None, tmp_path).exclusion == "localizer"


def test_source_without_images_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no DICOM images"):
        choose([], None, tmp_path)


@pytest.mark.parametrize(
    ("recipe", "exclusion"),
    [
        (Recipe(), ""),
        (Recipe(description="localizer"), "localizer"),
        (Recipe(description="3-plane Survey"), "localizer"),
        (Recipe(image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")), "localizer"),
        (Recipe(image_type=("DERIVED", "SECONDARY", "MPR")), "derived"),
        (Recipe(sop_class=SECONDARY_CAPTURE), "secondary capture"),
        (Recipe(sop_class=SECONDARY_CAPTURE + ".2"), "secondary capture"),
        (Recipe(slices=1), "single slice"),
        (Recipe(slices=1, image_type=("ORIGINAL", "PRIMARY", "M", "MOSAIC")), ""),
    ],
)
def test_series_that_are_no_scan_of_a_head_are_recognised(recipe, exclusion, tmp_path):
    assert [one.exclusion for one in listed(tmp_path, recipe)] == [exclusion]


def test_derived_series_are_stripped_only_where_there_is_no_other(tmp_path):
    derived = Recipe(number=5, image_type=("DERIVED", "PRIMARY"), uid="1.2.5")
    series = listed(tmp_path, SCOUT, derived)
    assert [one.number for one in strippable(series)] == [5]
    series = listed(tmp_path, SCOUT, derived, T1)
    assert [one.number for one in strippable(series)] == [3]
    assert excluded(series) == "series 1 (localizer), 5 (derived) are not stripped"


@pytest.mark.parametrize("description", ["T1 DOE", "head of jane", "4711-0815 T1"])
def test_description_that_repeats_the_patient_is_withheld_but_can_be_chosen(description, tmp_path):
    (series,) = listed(tmp_path, Recipe(description=description))
    assert "'description withheld'" in str(series)
    assert description not in str(series)
    assert choose([series], description, tmp_path) is series


@pytest.mark.parametrize("modality", ["SEG", "PR", "SR", "KO"])
def test_objects_made_from_images_are_no_series_of_images(modality, tmp_path):
    assert listed(tmp_path, Recipe(tags={"Modality": modality})) == []


def test_image_that_lacks_its_size_is_counted_as_damaged(tmp_path):
    write_series(tmp_path, T1)
    made = image(T1, 5)
    del made.Rows
    write(made, tmp_path / "damaged.dcm")
    with pytest.warns(DicomWarning, match="1 file cannot be read and is left out"):
        (series,) = list_series(tmp_path)
    assert len(series.files) == 4
