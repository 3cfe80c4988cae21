"""Atomic writing: whole files or none, all files of a transaction or none, nothing replaced unless asked."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deskull import OutputError, Volume, formats
from deskull.system import atomic
from deskull.system.atomic import ResultExistsError, Transaction, atomic_path, write_bytes
from deskull.system.leftovers import remove_leftovers

NAMES = ("a", "b", "c")


def test_successful_write_leaves_only_the_file(tmp_path):
    write_bytes(tmp_path / "new" / "a.txt", b"whole")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"whole"
    assert os.listdir(tmp_path / "new") == ["a.txt"]


def test_existing_file_is_refused_without_overwrite(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"old")
    with pytest.raises(ResultExistsError, match=r"a.txt: exists already"):
        write_bytes(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"old"


def test_existing_file_is_replaced_with_overwrite(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"old")
    write_bytes(tmp_path / "a.txt", b"new", overwrite=True)
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_link_to_a_missing_file_counts_as_existing(tmp_path):
    (tmp_path / "a.txt").symlink_to(tmp_path / "not fetched")
    with pytest.raises(ResultExistsError):
        write_bytes(tmp_path / "a.txt", b"new")
    write_bytes(tmp_path / "a.txt", b"new", overwrite=True)
    assert (tmp_path / "a.txt").read_bytes() == b"new"


@pytest.mark.parametrize("overwrite", [True, False])
def test_folder_of_the_same_name_is_refused_and_kept(tmp_path, overwrite):
    (tmp_path / "a.txt" / "inside").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"a.txt: is a folder"):
        write_bytes(tmp_path / "a.txt", b"new", overwrite=overwrite)
    assert os.listdir(tmp_path) == ["a.txt"]
    assert os.listdir(tmp_path / "a.txt") == ["inside"]


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_failure_while_writing_keeps_the_old_file(tmp_path, failure):
    def fail() -> None:
        with atomic_path(tmp_path / "a.bin", overwrite=True) as partial:
            partial.write_bytes(b"half")
            raise failure

    (tmp_path / "a.bin").write_bytes(b"old")
    with pytest.raises(OutputError if isinstance(failure, OSError) else KeyboardInterrupt):
        fail()
    assert os.listdir(tmp_path) == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"old"


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".mgz", ".nrrd", ".mha"])
def test_full_disk_gives_one_sentence_and_leaves_nothing(tmp_path, suffix):
    """A real error of the system: the process may write no file of more than 64 KiB."""
    code = f"""
import resource, signal
import numpy as np
from deskull import OutputError, Volume, formats
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
noise = np.random.default_rng(0).integers(0, 32000, (64, 64, 64)).astype(np.int16)
try:
    formats.write(Volume(noise, np.eye(4)), {str(tmp_path / f"big{suffix}")!r})
except OutputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "could not be written" in done.stdout
    assert done.stdout.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="could not be written"):
        write_bytes(tmp_path / "file" / "a.txt", b"x")


def test_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(OutputError, match=r"use \.nii"):
        formats.write(Volume(np.zeros((3, 3, 3)), np.eye(4)), tmp_path / "a.txt")
    assert os.listdir(tmp_path) == []


def write_all(folder: Path, text: str, *, overwrite: bool = False) -> None:
    """Write three files in one transaction."""
    paths = [folder / name for name in NAMES]
    with Transaction(paths, overwrite=overwrite) as transaction:
        for path in paths:
            with transaction.writing(path) as partial:
                partial.write_text(text)
                assert not path.exists() or path.read_text() == "old"


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("overwrite", [True, False])
def test_transaction_writes_all_files_and_leaves_nothing_else(tmp_path, monkeypatch, overwrite, links):
    if not links:
        monkeypatch.setattr(os, "link", without_links)
    if overwrite:
        (tmp_path / "b").write_text("old")
    write_all(tmp_path, "new", overwrite=overwrite)
    assert contents(tmp_path) == dict.fromkeys(NAMES, "new")


def without_links(*_: object) -> None:
    """`os.link` of a file system without hard links."""
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("failing", NAMES)
@pytest.mark.parametrize("existing", [(), ("b",), NAMES])
def test_rename_that_fails_takes_the_other_files_back(tmp_path, monkeypatch, existing, failing, links):
    """One of the renames fails, the last included: new files are removed and replaced files restored."""

    def refuse(partial: Path, path: Path, *, rename=Path.replace) -> None:
        if path.name == failing and ".backup." not in partial.name:
            raise OSError(errno.EACCES, "Permission denied")
        rename(partial, path)

    def refuse_new(partial: Path, path: Path, *, create=atomic._create) -> None:
        if path.name == failing:
            raise OSError(errno.EACCES, "Permission denied")
        create(partial, path)

    if not links:
        monkeypatch.setattr(os, "link", without_links)
    for name in existing:
        (tmp_path / name).write_text("old")
    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(atomic, "_create", refuse_new)
    with pytest.raises(OutputError, match=rf"{failing}: could not be written \(Permission denied\)"):
        write_all(tmp_path, "new", overwrite=True)
    assert contents(tmp_path) == dict.fromkeys(existing, "old")


def test_folder_that_disappears_before_the_renames_is_an_error(tmp_path):
    folder = tmp_path / "out"

    def write_and_remove_the_folder() -> None:
        with Transaction([folder / "a"]) as transaction, transaction.writing(folder / "a") as partial:
            partial.write_text("new")
            partial.rename(tmp_path / "moved")
            folder.rmdir()

    with pytest.raises(OutputError, match="could not be written"):
        write_and_remove_the_folder()


def test_root_that_disappeared_is_not_made_again(tmp_path):
    path = tmp_path / "out" / "sub-1" / "a"
    (tmp_path / "out").mkdir()
    transaction = Transaction([path], root=tmp_path / "out")
    (tmp_path / "out").rmdir()
    with (
        pytest.raises(OutputError, match=r"out: the folder of the results no longer exists"),
        transaction.writing(path),
    ):
        pass
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("links", [True, False])
def test_second_of_two_runs_that_write_the_same_names_is_refused(tmp_path, monkeypatch, overwrite, links):
    if not links:
        monkeypatch.setattr(os, "link", without_links)
    if overwrite:
        (tmp_path / "b").write_text("old")

    def write_while_another_run_does() -> None:
        paths = [tmp_path / name for name in ("b", "c")]
        with Transaction(paths, overwrite=overwrite) as second:
            for path in paths:
                with second.writing(path) as partial:
                    partial.write_text("second")
            write_all(tmp_path, "first", overwrite=overwrite)

    with pytest.raises(ResultExistsError, match="another run wrote it at the same time"):
        write_while_another_run_does()
    assert contents(tmp_path) == dict.fromkeys(NAMES, "first")


def test_file_created_between_the_check_and_the_rename_is_kept(tmp_path, monkeypatch):
    """Where folders cannot be locked, another run may still write in the last moment."""
    create = atomic._create

    def late(partial: Path, path: Path) -> None:
        if path.name == "c":
            path.write_text("other")
        create(partial, path)

    monkeypatch.setattr(atomic, "_create", late)
    with pytest.raises(ResultExistsError):
        write_all(tmp_path, "new")
    assert contents(tmp_path) == {"c": "other"}


def test_folder_locked_by_another_process_for_too_long_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "_LOCK_SECONDS", 0.05)
    with atomic._locked(tmp_path), pytest.raises(OutputError, match="is locked by another run"):
        write_all(tmp_path, "new")
    assert contents(tmp_path) == {}


def test_lock_of_a_killed_process_is_released(tmp_path):
    code = (
        "import os, signal, sys; from pathlib import Path; from deskull.system import atomic\n"
        "with atomic._locked(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=False)
    write_all(tmp_path, "new")
    assert contents(tmp_path) == dict.fromkeys(NAMES, "new")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="starts the writer with fork")
@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("existing", [(), ("b",), NAMES])
def test_writer_killed_at_any_step_of_the_renames_leaves_whole_files(tmp_path, existing, links):
    """A real process is killed before the first, the second, ... change of the folder, until it gets to its end."""
    for step in range(100):
        folder = tmp_path / str(step)
        folder.mkdir()
        for name in existing:
            (folder / name).write_text("old")
        writer = os.fork()
        if writer == 0:
            write_and_die(folder, step, links)
        _, status = os.waitpid(writer, 0)
        remove_leftovers(folder)
        found = contents(folder)
        assert set(found.values()) <= {"old", "new"}
        assert set(existing) <= set(found) <= set(NAMES)
        if status == 0:
            break
    assert step > 3
    assert found == dict.fromkeys(NAMES, "new")


def write_and_die(folder: Path, steps: int, links: bool) -> None:
    """Write three files in a process that is killed before a number of changes of the folder."""
    remaining = iter(range(steps))

    def counted(change):
        def change_or_die(*args, **kwargs):
            if next(remaining, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*args, **kwargs)

        return change_or_die

    os.link = counted(os.link if links else without_links)
    Path.replace, Path.rename, Path.unlink = (counted(f) for f in (Path.replace, Path.rename, Path.unlink))
    try:
        write_all(folder, "new", overwrite=True)
    finally:
        os._exit(0)


@pytest.fixture
def old(tmp_path):
    """A folder with a file that a transaction removes."""
    (tmp_path / "a").write_text("old")
    return tmp_path


def write_and_remove(folder: Path, *, error: Exception | None = None) -> None:
    """Write a file and remove one in one transaction."""
    with Transaction([folder / "a", folder / "b"], overwrite=True) as transaction:
        transaction.remove(folder / "a")
        with transaction.writing(folder / "b") as partial:
            partial.write_text("new")
        if error:
            raise error


def test_removed_file_disappears_when_the_others_appear(old):
    write_and_remove(old)
    assert os.listdir(old) == ["b"]


def test_removal_of_a_file_that_does_not_exist_is_no_error(tmp_path):
    write_and_remove(tmp_path)
    assert os.listdir(tmp_path) == ["b"]


def test_removed_file_is_kept_if_the_transaction_fails(old):
    with pytest.raises(ValueError, match="no"):
        write_and_remove(old, error=ValueError("no"))
    assert os.listdir(old) == ["a"]


def test_removed_file_comes_back_if_another_cannot_be_renamed(old, monkeypatch):
    def refuse(partial: Path, path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(atomic, "_create", refuse)
    with pytest.raises(OutputError, match="b: could not be written"):
        write_and_remove(old)
    assert os.listdir(old) == ["a"]
    assert (old / "a").read_text() == "old"
