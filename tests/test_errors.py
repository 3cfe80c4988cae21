"""Errors: what the user reads of them."""

from __future__ import annotations

import pytest

from deskull.errors import InputError, OutputError, UsageError, sentence


@pytest.mark.parametrize("kind", [InputError, OutputError, UsageError])
@pytest.mark.parametrize(("quoted", "shown"), [("\x1b[31m", "\\x1b[31m"), ("a\nb", "a\\nb"), ("\udcff", "\\udcff")])
def test_quoted_control_characters_are_escaped(kind, quoted, shown):
    assert str(kind(f"scan.nrrd: its space '{quoted}' is unknown.")) == f"scan.nrrd: its space '{shown}' is unknown."


def test_letters_of_other_alphabets_are_kept():
    assert sentence(InputError("Müller ☃.nii: is empty.")) == "Müller ☃.nii: is empty."
