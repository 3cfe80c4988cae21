"""Record of a run: what sidecars state of options, input, machine and time."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from deskull import StripOptions, formats
from deskull.batch.run_record import RunRecord, describe_input
from deskull.batch.stripping import strip_task
from deskull.batch.tasks import Task
from deskull.options.recorded import read_options


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def options(toy_model):
    return StripOptions(model=str(toy_model), threads=1, outputs=("brainmask",), sidecar=True)


@pytest.fixture
def made(folder, tmp_path, options):
    """What the sidecar of a stripped scan states."""
    record = strip_task(Task(folder / "s0.nii.gz", tmp_path / "out"), options)
    assert record.status == "done", record.error
    return json.loads((tmp_path / "out" / "s0_brainmask.json").read_text())["GeneratedBy"][0]


def test_sidecar_states_all_options(made, options):
    assert read_options(made["Options"]) == options


def test_sidecar_states_where_the_scan_lies_and_what_it_is(made, folder, tmp_path):
    scan = folder / "s0.nii.gz"
    assert (tmp_path / "out" / made["Input"].pop("path")).resolve() == scan.resolve()
    assert made["Input"] == {"bytes": scan.stat().st_size, "sha256": digest(scan)}


def test_sidecar_states_when_and_how_long(made):
    age = datetime.now(UTC) - datetime.fromisoformat(made["Started"])
    assert timedelta(0) <= age < timedelta(minutes=5)
    assert 0 < made["Seconds"] < 300


def test_sidecar_states_the_machine_and_the_engine(made):
    assert set(made["Machine"]) == {"cpu", "instruction_sets", "cores", "system", "python", "engine"}
    assert made["Machine"]["engine"].startswith("onnxruntime 1.")


def test_data_of_a_header_belong_to_the_input(tmp_path, tiny_head, options):
    values = tiny_head.values()
    (tmp_path / "a.raw").write_bytes(values.tobytes(order="F"))
    shape = " ".join(map(str, values.shape))
    (tmp_path / "a.mhd").write_text(
        f"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nDimSize = {shape}\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 4 4 4\nElementType = MET_FLOAT\n"
        "ElementDataFile = a.raw\n"
    )
    record = strip_task(Task(tmp_path / "a.mhd", tmp_path), options)
    assert record.status == "done", record.error
    stated = json.loads((tmp_path / "a_brainmask.json").read_text())["GeneratedBy"][0]["Input"]
    raw = tmp_path / "a.raw"
    assert stated["sha256"] == digest(tmp_path / "a.mhd")
    assert stated["others"] == [{"name": "a.raw", "bytes": raw.stat().st_size, "sha256": digest(raw)}]


def test_folder_is_described_by_the_names_and_digests_of_its_files(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "inner" / "b").write_bytes(b"22")
    first = describe_input(tmp_path)
    assert (first["bytes"], first["files"]) == (3, 2)
    (tmp_path / "a").rename(tmp_path / "c")
    assert describe_input(tmp_path)["sha256"] != first["sha256"]


def test_series_that_was_stripped_is_recorded(tmp_path, tiny_head):
    scan = tmp_path / "s.nii.gz"
    formats.write(tiny_head, scan)
    assert RunRecord(scan, StripOptions(series="#2")).fields(tmp_path / "x.json")["Options"]["series"] == "#2"
