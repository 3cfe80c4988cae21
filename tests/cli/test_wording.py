"""Wording: messages of the library in terms of the command line."""

from __future__ import annotations

import pytest

from deskull import UsageError
from deskull.cli.wording import command_line_text, usage_text
from deskull.options import Surface, option_fields


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("border=12: must be less.", "--border 12: must be less."),
        ("exists already; use overwrite=True.", "exists already; use --overwrite."),
        ("use frame='mean' or outputs='seg'.", "use --frame mean or --dicom-seg."),
        ("leave out outputs='brain_n4', please", "leave out --bias-correct, please"),
        ("choose one with series='#2' (of 3)", "choose one with --series '#2' (of 3)"),
        ("raise it (max_archive_gb=20).", "raise it (--max-archive-gb 20)."),
        ("use jobs=2", "use --jobs 2"),
    ],
)
def test_parameter_with_a_value_becomes_an_option(message, text):
    assert command_line_text(message) == text


@pytest.mark.parametrize(
    "message",
    ["/data/border=12/scan.nii: is empty.", "a series: of 3 frames", "the border lies there", "x=2: odd", "my-jobs=2 "],
)
def test_other_text_and_names_of_files_stay(message):
    assert command_line_text(message) == message


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UsageError("must be less.", parameter="border", value=12.0), "--border 12: must be less."),
        (UsageError("unknown.", parameter="surface", value=Surface.brain), "--surface brain: unknown."),
        (UsageError("needs pydicom.", parameter="outputs", value="seg"), "--dicom-seg: needs pydicom."),
        (UsageError("needs it.", parameter="keep_identity", value=True), "--keep-identity: needs it."),
        (UsageError("is absolute.", parameter="patterns.scan", value="/{x}"), "--pattern /{x}: is absolute."),
        (UsageError("needs it.", parameter="device"), "--device: needs it."),
        (UsageError("a.nii: is both; use overwrite=True."), "a.nii: is both; use --overwrite."),
    ],
)
def test_usage_error_names_the_option(error, text):
    assert usage_text(error) == text


@pytest.mark.parametrize("name", option_fields())
def test_every_parameter_is_translated(name):
    assert command_line_text(f"use {name}='x'.") != f"use {name}='x'."
