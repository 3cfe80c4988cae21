"""Reading ahead: every item is yielded in order, whatever its file is, and later files are announced."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from deskull.system.readahead import read_ahead


def test_items_are_yielded_in_order_whatever_their_files_are(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer
    (tmp_path / "empty").touch()
    paths = [tmp_path / name for name in ("none", "pipe", "empty", ".", "none/at/all")]
    for count in (1, 3, 9):
        assert list(read_ahead(paths, count, lambda path: path)) == paths


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="posix_fadvise has an effect on Linux only")
def test_file_of_a_later_item_is_announced(tmp_path, monkeypatch):
    announced = []
    monkeypatch.setattr(
        os, "posix_fadvise", lambda file, *_: announced.append(Path(f"/proc/self/fd/{file}").readlink())
    )
    paths = [tmp_path / str(number) for number in range(4)]
    for path in paths:
        path.write_text("scan")
    for done, _ in enumerate(read_ahead(paths, 2, lambda path: path), start=1):
        assert announced == paths[2 : done + 2]
