"""``deskull demo``: a synthetic head, stripped, and its picture."""

from __future__ import annotations

import os
from functools import partial

import pytest

from deskull import formats
from deskull.pipeline import strip


@pytest.fixture(autouse=True)
def quick(monkeypatch, tiny_head, toy_model):
    """Make a small head and strip it with the toy network."""
    monkeypatch.setattr("deskull.demo.make_head", lambda seed: tiny_head)
    monkeypatch.setattr("deskull.pipeline.strip", partial(strip, model=toy_model))


def test_head_is_made_stripped_and_drawn(deskull, tmp_path):
    done = deskull("demo", "-o", tmp_path / "demo")
    assert done.exit_code == 0, done.output
    assert sorted(os.listdir(tmp_path / "demo")) == [
        "head.nii.gz", "head.png", "head_brain.nii.gz", "head_brainmask.nii.gz",
    ]  # fmt: skip
    assert "look at this one" in done.stdout
    assert formats.read(tmp_path / "demo" / "head_brainmask.nii.gz").data.any()


def test_earlier_demo_is_kept_without_overwrite(deskull, tmp_path):
    (tmp_path / "head.nii.gz").write_bytes(b"mine")
    done = deskull("demo", "-o", tmp_path)
    assert done.exit_code == 1
    assert (tmp_path / "head.nii.gz").read_bytes() == b"mine"
