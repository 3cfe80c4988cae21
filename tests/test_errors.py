"""Errors: their sentences, their built-in classes, and that they cross processes; warnings to filter by."""

from __future__ import annotations

import ast
import pickle
import re
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

import deskull
from deskull import (
    DeskullError,
    DeskullWarning,
    DicomWarning,
    GeometryWarning,
    InputError,
    IntensityWarning,
    OutputError,
    PlausibilityWarning,
    UsageError,
)
from deskull.errors import sentence, value_text
from deskull.options import Surface, option_fields
from deskull.system.atomic import ResultExistsError

ERRORS = [
    InputError("scan.nii: is empty; copy it again."),
    OutputError("mask.nii: could not be written (No space left on device); free space."),
    ResultExistsError("mask.nii: exists already."),
    UsageError("scan.nii: is both; give one."),
    UsageError("must be at least 1.", parameter="threads", value=0),
    UsageError("unknown; choose brain.", parameter="surface", value="skin"),
]


@pytest.mark.parametrize(
    ("error", "builtin"), [(InputError, ValueError), (UsageError, ValueError), (OutputError, OSError)]
)
def test_error_is_caught_by_its_builtin_class(error, builtin):
    with pytest.raises(builtin, match="a sentence"):
        raise error("a sentence")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_pickled_error_keeps_its_class_text_and_attributes(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


@pytest.mark.parametrize("kind", [InputError, OutputError, UsageError, GeometryWarning])
@pytest.mark.parametrize(("quoted", "shown"), [("\x1b[31m", "\\x1b[31m"), ("a\nb", "a\\nb"), ("\udcff", "\\udcff")])
def test_quoted_control_characters_are_escaped(kind, quoted, shown):
    assert str(kind(f"scan.nrrd: its space '{quoted}' is unknown.")) == f"scan.nrrd: its space '{shown}' is unknown."


def test_letters_of_other_alphabets_are_kept():
    assert sentence(InputError("Müller ☃.nii: is empty.")) == "Müller ☃.nii: is empty."


def failing(number):
    raise ERRORS[number]


def test_error_raised_in_another_process_keeps_its_parameter():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, pytest.raises(UsageError) as caught:
        pool.submit(failing, 4).result()
    assert (caught.value.parameter, caught.value.value) == ("threads", 0)


def test_output_error_has_the_sentence_as_its_text_and_no_error_number():
    error = ERRORS[1]
    assert str(error) == error.args[0]
    assert error.errno is None


def test_usage_error_names_the_parameter_and_its_value():
    assert str(ERRORS[5]) == "surface='skin': unknown; choose brain."


def test_usage_error_of_a_parameter_without_a_value_names_the_parameter_alone():
    assert str(UsageError("needs a GPU.", parameter="device")) == "device: needs a GPU."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"),
        (0.25, "0.25"),
        (float("nan"), "nan"),
        (3, "3"),
        (True, "True"),
        ("a b", "'a b'"),
        (Surface.brain, "'brain'"),
    ],
)
def test_value_is_shown_as_in_python_without_trailing_zeros(value, text):
    assert value_text(value) == text


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_sentence_of_an_own_error_is_its_text(error):
    assert sentence(error) == str(error)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PermissionError(13, "Permission denied", "/x"), "/x: Permission denied; check its permissions"),
        (OSError(36, "File name too long", "/x"), "/x: File name too long; choose a shorter name"),
        (OSError(28, "No space left on device", "/x"), "/x: No space left on device; free space"),
        (OSError("odd"), "a file: odd; check its permissions"),
        (MemoryError(), "not enough memory for this scan"),
    ],
)
def test_sentence_of_a_system_error_names_the_file_and_a_remedy(error, text):
    assert sentence(error).startswith(text)
    assert "\n" not in sentence(error)


@pytest.mark.parametrize("category", [GeometryWarning, IntensityWarning, PlausibilityWarning, DicomWarning])
def test_warnings_can_be_filtered_by_class(category):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeskullWarning)
        warnings.warn("odd", category, stacklevel=1)
    with pytest.warns(UserWarning, match="odd"):
        warnings.warn("odd", category, stacklevel=1)


def test_every_error_and_warning_is_public():
    for name in (*(type(error).__name__ for error in ERRORS), "DeskullWarning", "DicomWarning"):
        assert name == "ResultExistsError" or issubclass(getattr(deskull, name), (DeskullError, DeskullWarning))


def library_texts():
    """Every text in the library's code that is not a docstring, by its file.

    Commands, training, and the command lines that the page of ``deskull serve`` shows or the benchmark runs are left
    out.
    """
    root = Path(deskull.__file__).parent
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if parts[0] in ("cli", "train", "benchmark") or parts == ("web", "commands.py"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        statements = (node for node in ast.walk(tree) if isinstance(node, ast.Expr))
        docstrings = {id(node.value) for node in statements}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield path.name, node.value


def test_messages_of_the_library_name_no_option_of_the_command_line():
    own = {
        f"--{name.replace('_', '-')}" for name in (*option_fields(), "jobs", "table", "out", "distance", "dicom-seg")
    }
    named = [(file, text) for file, text in library_texts() if own & set(re.findall(r"--[a-z][a-z-]+", text))]
    assert named == []
