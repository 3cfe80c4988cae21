"""Choices: what can be stripped of files that were sent; series are listed and never guessed."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile

import pytest


def zipped(files: dict[str, bytes], **settings) -> bytes:
    """A zip archive of some files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **settings) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def listed(client):
    """List what can be stripped of some files."""
    return lambda files: client.choices(client.upload(files))


def test_image_is_a_choice_with_its_shape(listed, scan_bytes, tiny_head):
    (choice,) = listed({"study/a.nii.gz": scan_bytes}).json()["choices"]
    assert (choice["kind"], choice["label"], choice["n_files"]) == ("image", "study/a.nii.gz", 1)
    assert choice["shape"] == list(tiny_head.shape)


def test_folder_has_a_choice_for_each_image_and_none_for_other_files(listed, scan_bytes):
    files = {"f/a.nii.gz": scan_bytes, "f/sub/b.nii.gz": scan_bytes, "f/README.md": b"text", "f/.DS_Store": b"\0"}
    assert [one["label"] for one in listed(files).json()["choices"]] == ["f/a.nii.gz", "f/sub/b.nii.gz"]


def test_header_and_voxels_are_one_choice(listed, scan_bytes):
    content = gzip.decompress(scan_bytes)
    header = content[:344] + b"ni1\0" + content[348:352]
    (choice,) = listed({"p/a.hdr": header, "p/a.img": content[352:]}).json()["choices"]
    assert choice["n_files"] == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [("notes.pdf", b"%PDF-1.4"), ("a.exe", b"MZ"), ("a.nii.gz", b"no image"), ("a.nii", b""), ("a.dcm", b"text")],
)
def test_wrong_type_is_named(listed, name, content):
    answer = listed({name: content})
    assert answer.status_code == 415
    assert answer.json()["error"].startswith(f"{name}:")
    assert "/tmp" not in answer.json()["error"]


def test_image_in_an_archive_is_a_choice(listed, scan_bytes):
    (choice,) = listed({"all.zip": zipped({"x/a.nii.gz": scan_bytes, "x/b.txt": b"text"})}).json()["choices"]
    assert choice["label"] == "all.zip/x/a.nii.gz"


def test_series_of_an_archive_is_listed(listed, dicom_zip):
    (choice,) = listed({"study.zip": dicom_zip}).json()["choices"]
    assert (choice["kind"], choice["n_files"]) == ("dicom series", 35)


def test_several_series_are_listed_and_none_is_chosen(listed, client, dicom_zip, data):
    (other,) = (data / "dicom" / "siemens_xa30_enhanced_t1").glob("*.dcm")
    upload = client.upload({"study/a.zip": dicom_zip, "study/IM0001": other.read_bytes()})
    choices = client.choices(upload).json()["choices"]
    assert [choice["n_files"] for choice in choices] == [35, 1]
    assert client.post("/api/jobs", json={"upload": upload, "options": {}}).status_code == 422
    assert client.post("/api/jobs", json={"upload": upload, "choices": ["series-7"]}).status_code == 422


@pytest.mark.parametrize("name", ["../../evil.nii.gz", "/etc/evil.nii.gz", "C:\\evil.nii.gz"])
def test_path_in_an_archive_that_leads_out_is_refused(listed, work, name):
    answer = listed({"a.zip": zipped({name: b"x"})})
    assert answer.status_code == 422
    assert "leads out of the archive" in answer.json()["error"]
    assert list(work.parent.rglob("*evil*")) == []


def test_link_in_an_archive_is_refused(listed):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("a.nii.gz")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    answer = listed({"a.zip": buffer.getvalue()})
    assert answer.status_code == 422
    assert "links" in answer.json()["error"]


def test_bomb_is_refused_before_it_is_unpacked(listed, work):
    before = set(work.rglob("*.nii"))
    answer = listed({"bomb.zip": zipped({"a.nii": bytes(80_000_000)}, compresslevel=9)})
    assert answer.status_code == 422
    assert "more than 100 times its size" in answer.json()["error"]
    assert set(work.rglob("*.nii")) <= before


@pytest.mark.parametrize("content", [b"PK no archive", b""])
def test_damaged_archive_is_named(listed, content):
    answer = listed({"a.zip": content})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("a.zip: cannot be unpacked")


def test_archive_in_an_archive_is_left_out(listed, scan_bytes):
    answer = listed({"a.zip": zipped({"b.zip": zipped({"a.nii.gz": scan_bytes})})})
    assert answer.status_code == 415
