"""Console: warnings as lines, errors as sentences, bugs as reports, logging on demand."""

from __future__ import annotations

import logging
import re
import warnings

import pytest
import typer
from typer.testing import CliRunner

from deskull import GeometryWarning, InputError, UsageError
from deskull.cli.console import as_command, is_quiet, needs_extra, print_note, print_warning, refuse_inputs
from deskull.system import bugs
from deskull.system.installation import install_command


def run(function, *args):
    """Run a function as a command."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(as_command(function))
    return CliRunner().invoke(app, list(args))


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (InputError("a.nii: is empty."), 1, "error: a.nii: is empty.\n"),
        (UsageError("must be less.", parameter="border", value=12.0), 2, "error: --border 12: must be less.\n"),
        (PermissionError(13, "Permission denied", "/x"), 1, "error: /x: Permission denied; check its permissions"),
        (MemoryError(), 1, "error: not enough memory"),
    ],
)
def test_error_of_a_user_is_one_sentence_with_an_exit_status(error, status, text):
    def command():
        raise error

    done = run(command)
    assert done.exit_code == status
    assert done.stderr.startswith(text)
    assert done.stderr.count("\n") == 1


def test_exit_status_of_the_command_is_kept():
    def command():
        raise typer.Exit(3)

    assert run(command).exit_code == 3


@pytest.fixture
def logs(tmp_path, monkeypatch):
    """The folder of the log files."""
    monkeypatch.setattr(bugs, "log_folder", lambda: tmp_path / "logs")
    return tmp_path / "logs"


def fault():
    raise RuntimeError("odd")


def test_bug_is_one_sentence_with_the_path_of_its_log(logs):
    done = run(fault)
    (log,) = logs.iterdir()
    assert done.exit_code == 1
    assert done.stderr.startswith("error: unexpected RuntimeError: this is a fault of deskull; please report it with")
    assert str(log) in done.stderr
    assert done.stderr.count("\n") == 1


def test_debug_prints_the_traceback_of_a_bug(logs):
    text = run(fault, "--debug").stderr
    assert "Traceback" in text
    assert "RuntimeError: odd" in text


def test_debug_prints_the_traceback_of_an_error():
    def command():
        raise InputError("a.nii: is empty.")

    done = run(command, "--debug")
    assert "Traceback" in done.stderr
    assert done.stderr.endswith("error: a.nii: is empty.\n")


def test_warning_is_one_line_that_is_printed_once():
    def command():
        for _ in range(3):
            warnings.warn("a.nii: use frame='mean'.", GeometryWarning, stacklevel=1)

    assert run(command).stderr == "warning: a.nii: use --frame mean.\n"


def test_warning_of_another_library_is_not_printed():
    def command():
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)

    assert run(command).stderr == ""


def log_messages():
    logger = logging.getLogger("deskull.test")
    logger.info("a stage")
    logger.debug("a detail")


@pytest.mark.parametrize(
    ("options", "text"),
    [((), ""), (("-v",), "INFO: a stage\n"), (("--debug",), "INFO: a stage\nDEBUG: a detail\n")],
)
def test_messages_of_the_logger_are_printed_on_demand(options, text):
    assert run(log_messages, *options).stderr == text


def test_handlers_of_the_logger_are_removed_when_the_command_ends():
    before = logging.getLogger("deskull").handlers[:]
    run(log_messages, "--debug")
    assert logging.getLogger("deskull").handlers == before


def test_result_that_would_replace_an_input_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is an input"):
        refuse_inputs(tmp_path / "x" / ".." / "a.nii", (tmp_path / "a.nii",))


def test_missing_package_names_the_extra_to_install():
    fault = re.escape(f"no_such_package: is not installed; {install_command('train')}.")
    with pytest.raises(UsageError, match=fault), needs_extra("train"):
        import no_such_package  # noqa: F401


def notes():
    print_note("a summary")
    print_warning("odd")
    print("a result")


@pytest.mark.parametrize(("options", "stderr"), [((), "a summary\nwarning: odd\n"), (("-q",), "warning: odd\n")])
def test_quiet_command_prints_results_and_warnings_alone(options, stderr):
    done = run(notes, *options)
    assert (done.stdout, done.stderr) == ("a result\n", stderr)


def test_quiet_command_prints_its_error():
    done = run(fault_of_a_user, "--quiet")
    assert done.stderr == "error: a.nii: is empty.\n"


def fault_of_a_user():
    raise InputError("a.nii: is empty.")


def test_next_command_is_not_quiet():
    run(notes, "-q")
    assert not is_quiet()


@pytest.mark.parametrize("option", ["-v", "--debug"])
def test_quiet_excludes_options_that_print_more(option):
    done = run(notes, "-q", option)
    assert done.exit_code == 2
    assert done.stderr.endswith("error: --quiet: excludes --verbose and --debug; give one of them.\n")
