"""Bugs: what the user is told, and what the log holds and does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskull.system import bugs
from deskull.system.bugs import report_bug

PATIENT = "MUELLER^HANS"


@pytest.fixture(autouse=True)
def logs(tmp_path, monkeypatch):
    """The folder of the log files."""
    monkeypatch.setattr(bugs, "log_folder", lambda: tmp_path / "logs")
    return tmp_path / "logs"


def failing(message):
    try:
        try:
            raise KeyError(message)
        except KeyError as cause:
            raise RuntimeError(message) from cause
    except RuntimeError as error:
        return error


def test_sentence_names_the_type_of_the_exception_and_the_log_file(logs):
    text = report_bug(failing("out of\n luck"))
    (log,) = logs.iterdir()
    fault = "unexpected RuntimeError: this is a fault of deskull"
    assert text == f"{fault}; please report it with the output of 'deskull info' and the log file {log}."


def test_sentence_holds_no_message_of_an_exception():
    assert PATIENT not in report_bug(failing(PATIENT))


def test_log_holds_the_traceback_of_every_exception_in_the_chain(logs):
    report_bug(failing("x"))
    text = next(logs.iterdir()).read_text()
    assert "builtins.KeyError" in text
    assert "builtins.RuntimeError" in text
    assert "in failing" in text
    assert text.startswith("deskull ")


def test_log_holds_no_message_of_an_exception(logs):
    report_bug(failing(PATIENT))
    assert PATIENT not in next(logs.iterdir()).read_text()


def test_same_fault_is_logged_once(logs):
    for message in ("a", "b"):
        report_bug(failing(message))
    assert len(list(logs.iterdir())) == 1


def test_unwritable_log_folder_falls_back_to_the_temporary_folder(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(bugs, "log_folder", lambda: tmp_path / "file" / "logs")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert str(tmp_path / "deskull-log") in report_bug(failing("x"))


def test_no_writable_folder_still_gives_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "deskull-log").touch()
    monkeypatch.setattr(bugs, "log_folder", lambda: Path("/dev/null/logs"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    text = report_bug(failing("x"))
    assert text.endswith("this is a fault of deskull; please report it with the output of 'deskull info'.")
