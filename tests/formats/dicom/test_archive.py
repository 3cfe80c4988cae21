"""Zip archives of DICOM files: what is unpacked, and which archives are refused."""

from __future__ import annotations

import stat
import zipfile

import pytest

from deskull import formats
from deskull.errors import InputError
from deskull.formats.dicom import archive as archive_module
from deskull.formats.dicom.archive import opened
from deskull.options import ReadOptions


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "study.zip"


def zip_of(archive, folder, **others):
    """Archive of the files of a folder and of others, given as name=content."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(folder.iterdir()):
            made.write(path, f"series/{path.name}")
        for name, content in others.items():
            made.writestr(name, content)
    return archive


def unpacked(archive, **options):
    with opened(archive, ReadOptions(**options)) as root:
        return sorted(path.name for path in root.iterdir())


def test_archive_of_a_series_is_read_as_its_folder(archive, folder):
    first, second = formats.read(zip_of(archive, folder)), formats.read(folder)
    assert first.data.tobytes() == second.data.tobytes()
    assert (first.affine == second.affine).all()


def test_folder_and_file_are_given_as_they_are(folder):
    for path in (folder, folder / "slice000.dcm"):
        with opened(path) as root:
            assert root == path


def test_unpacked_files_are_removed_afterwards(archive, folder):
    with opened(zip_of(archive, folder)) as root:
        assert root.is_dir()
    assert not root.exists()


def test_files_that_are_not_dicom_are_not_unpacked(archive, folder):
    others = {"readme.txt": b"x" * 1000, "DICOMDIR": b"\0" * 128 + b"DICM", "picture.png": b"y" * 1000}
    assert len(unpacked(zip_of(archive, folder, **others))) == 12


def test_archive_within_an_archive_is_ignored(archive, folder, tmp_path):
    inner = zip_of(tmp_path / "inner.zip", folder)
    with zipfile.ZipFile(archive, "w") as made:
        made.write(inner, "inner.zip")
    with pytest.raises(InputError, match="holds no DICOM images"):
        formats.read(archive)


@pytest.mark.parametrize("name", ["../evil.dcm", "a/../../evil.dcm", "/tmp/evil.dcm", "..\\evil.dcm", "C:\\evil.dcm"])
def test_path_that_leads_out_of_the_archive_is_refused(name, archive, folder):
    with pytest.raises(InputError, match="path is absolute or leads out of the archive"):
        unpacked(zip_of(archive, folder, **{name: b"x"}))


def test_link_in_an_archive_is_refused(archive, folder):
    zip_of(archive, folder)
    link = zipfile.ZipInfo("link.dcm")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as made:
        made.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="holds links"):
        unpacked(archive)


def test_archive_of_more_bytes_than_allowed_is_refused_naming_the_parameter(archive, folder):
    with pytest.raises(InputError, match=r"more than max_archive_gb=1e-06; raise this limit"):
        unpacked(zip_of(archive, folder), max_archive_gb=1e-6)


def test_raised_limit_lets_an_archive_through(archive, folder):
    assert len(unpacked(zip_of(archive, folder), max_archive_gb=1e-3)) == 12


def test_archive_of_more_files_than_allowed_is_refused(archive, folder, monkeypatch):
    monkeypatch.setattr(archive_module, "MAX_FILES", 11)
    with pytest.raises(InputError, match="holds 12 files, more than 11"):
        unpacked(zip_of(archive, folder))


def test_archive_that_expands_as_no_scan_does_is_refused(archive, folder, monkeypatch):
    monkeypatch.setattr(archive_module, "RATIO_FROM_BYTES", 1_000_000)
    bomb = b"\0" * 128 + b"DICM" + b"\0" * 5_000_000
    with pytest.raises(InputError, match="more than 100 times its size"):
        unpacked(zip_of(archive, folder, **{"bomb.dcm": bomb}))


def test_file_that_is_longer_than_its_archive_says_is_refused(archive, folder):
    content = bytearray(zip_of(archive, folder, **{"big.dcm": b"\0" * 128 + b"DICM" + b"\0" * 100_000}).read_bytes())
    size = (100_132).to_bytes(4, "little")
    assert content.count(size) == 2
    archive.write_bytes(content.replace(size, (1000).to_bytes(4, "little")))
    with pytest.raises(InputError, match="the zip archive is damaged"):
        unpacked(archive)


def test_encrypted_archive_is_refused(archive, folder):
    content = bytearray(zip_of(archive, folder).read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(InputError, match="is encrypted"):
        unpacked(archive)


@pytest.mark.parametrize("damage", ["no zip", "cut", "flipped"])
def test_damaged_archive_is_refused_without_naming_its_files(damage, archive, folder):
    content = bytearray(zip_of(archive, folder).read_bytes())
    if damage == "flipped":
        content[len(content) // 3] ^= 0xFF
    archive.write_bytes({"no zip": b"no zip", "cut": content[: len(content) // 2], "flipped": content}[damage])
    with pytest.raises(InputError, match="the zip archive is damaged") as caught:
        unpacked(archive)
    assert "slice" not in str(caught.value)
