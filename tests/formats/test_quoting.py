"""Quoted text: whatever a file holds, a message stays one short printable line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.formats.quoting import quote


@given(text=st.text())
def test_any_text_becomes_one_short_printable_line(text):
    assert quote(text).isprintable()
    assert len(quote(text)) <= 65


@pytest.mark.parametrize(
    ("text", "quoted"), [("M\u00fcller", "'M\u00fcller'"), ("a\nb\x1b[31m\ufeff", "'a?b?[31m?'"), ("", "''")]
)
def test_characters_that_are_not_printable_are_replaced(text, quoted):
    assert quote(text) == quoted


def test_long_text_is_cut():
    assert quote("a" * 5000) == f"'{'a' * 60}...'"
