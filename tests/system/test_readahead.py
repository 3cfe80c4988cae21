"""Reading ahead: every item comes in order, whatever its file is; later ones are asked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from deskull.system.readahead import read_ahead


def test_items_come_in_order_whatever_their_files_are(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer
    (tmp_path / "empty").touch()
    paths = [tmp_path / name for name in ("none", "pipe", "empty", ".", "none/at/all")]
    for count in (1, 3, 9):
        assert list(read_ahead(paths, count, lambda path: path)) == paths


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="posix_fadvise is told of Linux only")
def test_the_file_of_a_later_item_is_asked_for(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(os, "posix_fadvise", lambda file, *_: asked.append(Path(f"/proc/self/fd/{file}").readlink()))
    paths = [tmp_path / str(number) for number in range(4)]
    for path in paths:
        path.write_text("scan")
    for done, _ in enumerate(read_ahead(paths, 2, lambda path: path), start=1):
        assert asked == paths[2 : done + 2]
