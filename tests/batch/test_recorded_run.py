"""Recorded runs: sidecars of strangers are refused in one sentence, and lead nowhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deskull import DeskullError, InputError, StripOptions, UsageError
from deskull.batch.recorded_inputs import find_model, find_scan
from deskull.batch.recorded_run import read_run
from deskull.batch.run_record import describe_input
from deskull.models import load_model
from deskull.options.recorded import record_options


@pytest.fixture
def write(tmp_path):
    """Write a sidecar beside a file in place of its mask; entries replace those of GeneratedBy."""
    (tmp_path / "x_brainmask.nii.gz").touch()
    (tmp_path / "x.nii.gz").write_bytes(b"a scan")

    def write(fields=None, **entries):
        made = {
            "Name": "deskull",
            "Version": "0.1.0",
            "Parameters": {"model": "small", "sha256": load_model("small").card["sha256"], "surface": "brain",
                           "border_mm": 0.75},
            "Options": record_options(StripOptions(model="small")),
            "Input": {"path": "x.nii.gz", **describe_input(tmp_path / "x.nii.gz")},
            "Machine": {"cpu": "a", "instruction_sets": ["b", "c"]},
        }  # fmt: skip
        path = tmp_path / "x_brainmask.json"
        path.write_text(json.dumps({"Type": "Brain", "GeneratedBy": [made | entries]} | (fields or {})))
        return path

    return write


def test_sidecar_is_read(write, tmp_path):
    run = read_run(write())
    assert run.options == StripOptions(model="small")
    assert run.mask == tmp_path / "x_brainmask.nii.gz"
    assert run.machine == {"cpu": "a", "instruction_sets": "b, c"}
    assert find_scan(run) == tmp_path / "x.nii.gz"
    assert find_model(run).path == load_model("small").path


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b"\xff", b" " * 1_000_001])
def test_other_file_is_refused(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a sidecar"):
        read_run(path)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"GeneratedBy": []}, "is not a sidecar of deskull"),
        ({"GeneratedBy": [{"Name": "bet"}]}, "is not a sidecar of deskull"),
        ({"Type": None}, "describes another file than a mask"),
    ],
)
def test_sidecar_of_something_else_is_refused(write, fields, text):
    with pytest.raises(InputError, match=text):
        read_run(write(fields))


@pytest.mark.parametrize(
    "entries",
    [
        {"Options": None}, {"Input": []}, {"Input": {"path": "x"}},
        {"Input": {"path": "", "bytes": 1, "sha256": "0" * 64}},
        {"Input": {"path": "a\0b", "bytes": 1, "sha256": "0" * 64}},
        {"Input": {"path": "x", "bytes": True, "sha256": "0" * 64}},
        {"Input": {"path": "x", "bytes": 1, "sha256": "0" * 64, "others": [{"name": 3}]}},
    ],
)  # fmt: skip
def test_sidecar_that_states_too_little_is_refused(write, entries):
    with pytest.raises(InputError, match="does not state the options and the scan"):
        read_run(write(**entries))


def test_option_that_is_not_allowed_is_refused_with_the_name_of_the_sidecar(write):
    with pytest.raises(UsageError, match=r"x_brainmask\.json: surface='skull': unknown"):
        read_run(write(Options={"surface": "skull"}))


def test_missing_mask_is_refused(write, tmp_path):
    path = write()
    (tmp_path / "x_brainmask.nii.gz").unlink()
    with pytest.raises(InputError, match="does not lie beside it"):
        read_run(path)


def stated(path, size=6):
    return {"Input": {"path": path, "bytes": size, "sha256": "0" * 64}}


@pytest.mark.parametrize("path", ["/etc/passwd", "/", "..", "/dev/zero", "//host/share/x", "\\\\host\\x", "x" * 4000])
def test_files_of_other_content_are_not_taken(write, path):
    with pytest.raises(InputError, match="name the scan with --scan"):
        find_scan(read_run(write(**stated(path))))


def test_pipe_is_not_opened(write, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="name the scan with --scan"):
        find_scan(read_run(write(**stated("pipe", 0))))


def test_folder_is_used_only_if_the_user_names_it(write, tmp_path):
    folder = tmp_path / "dicom"
    folder.mkdir()
    (folder / "1.dcm").write_bytes(b"1")
    run = read_run(write(Input={"path": "dicom", **describe_input(folder)}))
    with pytest.raises(InputError, match="name the scan with --scan"):
        find_scan(run)
    assert find_scan(run, folder) == folder


def test_model_of_another_content_is_not_taken(write):
    parameters = {"model": "small", "sha256": "0" * 64, "surface": "brain", "border_mm": 0.75}
    with pytest.raises(UsageError, match="no network here has it"):
        find_model(read_run(write(Parameters=parameters)))


def test_model_of_another_name_is_found_by_its_content(write):
    run = read_run(write(Options={"model": "theirs"}))
    assert find_model(run).path == load_model("small").path


SCALARS = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(st.dictionaries(st.sampled_from(["Version", "Parameters", "Options", "Input", "Machine"]), JSON))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_sidecar_is_read_or_refused_in_one_sentence(write, entries):
    try:
        assert isinstance(read_run(write(**entries)).mask, Path)
    except DeskullError as error:
        message = str(error)
    else:
        message = ""
    assert "\n" not in message
