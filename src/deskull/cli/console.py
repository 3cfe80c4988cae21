"""Console: messages on stderr, warnings as lines, errors as one sentence, exit statuses."""

from __future__ import annotations

import functools
import inspect
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from deskull.cli.wording import command_line_text, usage_text
from deskull.errors import DeskullError, UsageError, sentence
from deskull.options import Group
from deskull.system.interrupts import exit_status, signals_interrupt

#: Exit statuses: a scan failed or, with ``--strict``, a mask; the command line was wrong; with ``--strict``, a scan
#: failed or a mask was not judged.
FAILED, USAGE, UNJUDGED = 1, 2, 3
#: Errors that a user can cause; any other is a fault of deskull.
USER_ERRORS = (DeskullError, OSError, MemoryError)

_logger = logging.getLogger("deskull")
_quiet: ContextVar[bool] = ContextVar("quiet", default=False)

Quiet = Annotated[
    bool,
    typer.Option(
        "-q",
        "--quiet",
        help="Print results, warnings and errors alone: no progress and no summary.",
        rich_help_panel=Group.messages,
    ),
]
Verbose = Annotated[
    bool,
    typer.Option("-v", "--verbose", help="Report stages and their durations.", rich_help_panel=Group.messages),
]
Debug = Annotated[
    bool,
    typer.Option("--debug", help="Report all details, and errors with tracebacks.", rich_help_panel=Group.messages),
]


def print_message(message: str) -> None:
    """Print a line on stderr, so that stdout is left for results."""
    print(message, file=sys.stderr)


def is_quiet() -> bool:
    """Whether results, warnings and errors alone are printed."""
    return _quiet.get()


def print_note(message: str) -> None:
    """Print a line on stderr that is neither a warning nor an error, unless the command is quiet."""
    if not is_quiet():
        print_message(message)


def print_warning(message: str) -> None:
    """Print a warning of the library as one line."""
    print_message(f"warning: {command_line_text(message)}")


def error_text(error: BaseException) -> str:
    """Return the sentence of an error in terms of the command line."""
    return usage_text(error) if isinstance(error, UsageError) else command_line_text(sentence(error))


@contextmanager
def warnings_as_lines() -> Iterator[None]:
    """Print each warning of deskull once, as one line; those of other libraries are logged."""
    printed: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        """Print a warning or log it."""
        text = str(message)
        if not issubclass(category, UserWarning):
            _logger.debug("%s: %s", category.__name__, text)
        elif text not in printed:
            printed.add(text)
            print_warning(text)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        yield


@contextmanager
def _quiet_if(quiet: bool) -> Iterator[None]:
    """Print results, warnings and errors alone in the context, if so wished."""
    before = _quiet.get()
    _quiet.set(quiet)
    try:
        yield
    finally:
        _quiet.set(before)


@contextmanager
def logging_to_stderr(verbose: bool, debug: bool) -> Iterator[None]:
    """Print what deskull logs on stderr: stages if verbose, everything for debugging, otherwise nothing."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr) if verbose or debug else logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    level = _logger.level
    _logger.addHandler(handler)
    _logger.setLevel(logging.DEBUG if debug else logging.INFO)
    try:
        yield
    finally:
        _logger.removeHandler(handler)
        _logger.setLevel(level)


def as_command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function a command: add the options of messages, and turn errors into sentences and statuses."""

    @functools.wraps(function)
    def command(*args: Any, quiet: bool = False, verbose: bool = False, debug: bool = False, **kwargs: Any) -> Any:
        """Run the function; its errors become messages and exit statuses."""
        with _quiet_if(quiet), logging_to_stderr(verbose, debug), warnings_as_lines(), signals_interrupt():
            try:
                if quiet and (verbose or debug):
                    raise UsageError("--quiet: excludes --verbose and --debug; give one of them.")
                return function(*args, **kwargs)
            except (BrokenPipeError, typer.Exit, typer.Abort):
                raise  # the reader of the output has gone, or the command ends as it means to
            except KeyboardInterrupt as interrupt:
                with suppress(OSError):  # the terminal may be gone
                    print_message("interrupted: what was written before is complete.")
                raise typer.Exit(exit_status(interrupt)) from None
            except USER_ERRORS as error:
                _logger.debug("%s", type(error).__name__, exc_info=True)
                print_message(f"error: {error_text(error)}")
                raise typer.Exit(USAGE if isinstance(error, UsageError) else FAILED) from None
            except Exception as error:
                from deskull.system.bugs import report_bug

                print_message(f"error: {report_bug(error)}")
                raise typer.Exit(FAILED) from None

    _add_parameters(command, function, quiet=Quiet, verbose=Verbose, debug=Debug)
    return command


def _add_parameters(command: Callable[..., Any], function: Callable[..., Any], **options: Any) -> None:
    """Give a command the signature of a function with further options that are off by default."""
    annotations = get_type_hints(function, include_extras=True) | options
    parameters = [
        parameter.replace(annotation=annotations[name])
        for name, parameter in inspect.signature(function).parameters.items()
    ]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=annotation)
        for name, annotation in options.items()
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = annotations


def refuse_inputs(path: Path, inputs: tuple[Path, ...]) -> None:
    """Refuse a result that would replace an input.

    Raises
    ------
    UsageError
    """
    if any(path.resolve() == source.resolve() for source in inputs):
        raise UsageError(f"{path}: is an input; write the result to another file.")


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Name the extra to install if an import fails.

    Raises
    ------
    UsageError
    """
    try:
        yield
    except ModuleNotFoundError as error:
        from deskull.system.installation import install_command

        raise UsageError(f"{error.name}: is not installed; {install_command(extra)}.") from None
