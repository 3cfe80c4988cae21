"""Scanner: a few facts are kept of what dcm2niix says, and nothing that tells who, where or when."""

from __future__ import annotations

import json

import pytest

from deskull.formats.dicom.reading import read
from deskull.formats.dicom.scanner import scanner_facts
from tests.formats.dicom.synthetic import Recipe, image, write

STATED = {
    "Manufacturer": "Siemens", "ManufacturersModelName": "Prisma", "MagneticFieldStrength": 3,
    "SoftwareVersions": "XA30", "PatientName": "Doe", "InstitutionName": "Clinic", "StationName": "S1",
    "ProtocolName": "Doe", "AcquisitionDateTime": "2024-05-23T10:00:00",
}  # fmt: skip


@pytest.fixture
def sidecar(tmp_path):
    return tmp_path / "image.json"


def test_only_facts_of_the_machine_are_kept_as_texts(sidecar):
    sidecar.write_text(json.dumps(STATED))
    assert scanner_facts(sidecar) == {
        "Manufacturer": "Siemens", "ManufacturersModelName": "Prisma", "MagneticFieldStrength": "3",
        "SoftwareVersions": "XA30",
    }  # fmt: skip


@pytest.mark.parametrize("value", [None, True, [], {}, "", "a" * 65, 10**9])
def test_values_that_make_no_sense_are_left_out(sidecar, value):
    sidecar.write_text(json.dumps({"Manufacturer": value}))
    assert scanner_facts(sidecar) == {}


def test_control_characters_are_written_out(sidecar):
    sidecar.write_text(json.dumps({"Manufacturer": " a\x1b[2J\n"}))
    assert scanner_facts(sidecar) == {"Manufacturer": r"a\x1b[2J"}


@pytest.mark.parametrize("content", [None, "{", "[]", "\udcff"])
def test_file_that_is_missing_or_damaged_says_nothing(sidecar, content):
    if content is not None:
        sidecar.write_text(content, errors="surrogateescape")
    assert scanner_facts(sidecar) == {}


def test_volume_of_a_series_knows_its_scanner(tmp_path):
    for index in range(12):
        made = image(Recipe(uid="1.2.7"), index)
        made.Manufacturer, made.ManufacturerModelName, made.MagneticFieldStrength = "GE MEDICAL SYSTEMS", "MR750", 1.5
        write(made, tmp_path / "series" / f"{index}.dcm")
    facts = {"Manufacturer": "GE", "ManufacturersModelName": "MR750", "MagneticFieldStrength": "1.5"}
    assert read(tmp_path / "series").scanner == facts
