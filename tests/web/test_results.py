"""Results: what the viewer shows and what is downloaded are what the command line writes."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from deskull import formats
from tests.web.client import becomes_empty


@pytest.fixture
def volume(client, done, tmp_path):
    """Read what the server answers as a volume."""

    def read(path: str, **query) -> formats.Volume:
        answer = client.get(f"/api/jobs/{done['id']}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.nii.gz"
        file.write_bytes(answer.content)
        return formats.read(file)

    return read


@pytest.fixture(scope="session")
def own(stripper, tiny_head):
    """What the pipeline gives for the same scan."""
    return stripper.strip(tiny_head)


def test_scan_lies_on_the_grid_of_the_mask(volume, tiny_head):
    scan = volume("volumes/scan")
    assert np.array_equal(scan.data, tiny_head.data)
    assert np.allclose(scan.affine, tiny_head.affine)


def test_distance_below_the_border_is_the_mask(volume, done):
    distance, mask = volume("volumes/distance"), volume("download/mask")
    assert distance.dtype == np.float32
    assert np.array_equal(distance.data < done["border_mm"], mask.data > 0)


def test_intracranial_mask_contains_the_brain(volume):
    intracranial, brain = volume("volumes/intracranial").data < 0, volume("volumes/distance").data < 0
    assert (intracranial & brain).sum() > 0.97 * brain.sum()
    assert intracranial.sum() > brain.sum()


def test_mask_is_that_of_the_command_line(volume, own):
    assert np.array_equal(volume("download/mask").data, own.mask.data)


def test_brain_is_that_of_the_command_line(volume, own):
    assert np.array_equal(volume("download/brain").data, own.brain.data)


@pytest.mark.parametrize("border", [2.0])
def test_mask_at_another_border_is_that_of_the_command_line(volume, stripper, tiny_head, border):
    expected = stripper.strip(tiny_head, border=border, quality="none").mask.data > 0
    found = volume("download/mask", border_mm=border).data > 0
    assert 2 * (found & expected).sum() / (found.sum() + expected.sum()) > 0.995


@pytest.mark.parametrize(
    ("what", "query", "name"),
    [
        ("mask", {}, "sub-01_T1w_brainmask.nii.gz"),
        ("mask", {"surface": "intracranial"}, "sub-01_T1w_icvmask.nii.gz"),
        ("brain", {}, "sub-01_T1w_brain.nii.gz"),
        ("distance", {}, "sub-01_T1w_distance.nii.gz"),
        ("quality", {}, "sub-01_T1w_quality.json"),
    ],
)
def test_files_are_named_as_the_command_line_names_them(client, done, work, what, query, name):
    answer = client.get(f"/api/jobs/{done['id']}/download/{what}", params=query)
    assert f'attachment; filename="{name}"' in answer.headers["content-disposition"]
    assert becomes_empty(work / "downloads")


def test_report_is_a_page_that_opens_from_disk(client, done):
    answer = client.get(f"/api/jobs/{done['id']}/download/report")
    assert 'filename="sub-01_T1w_report.zip"' in answer.headers["content-disposition"]
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert "sub-01_T1w_report/index.html" in names
    assert "sub-01_T1w_report/strips/00001.webp" in names


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("download/nothing", 404),
        ("download/edited", 404),
        ("volumes/..%2finput", 404),
        ("volumes/none", 404),
        ("download/mask?border_mm=far", 422),
        ("download/mask?border_mm=nan", 422),
        ("download/mask?surface=skin", 422),
    ],
)
def test_what_does_not_exist_is_named(client, done, path, status):
    answer = client.get(f"/api/jobs/{done['id']}/{path}")
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")


def test_job_that_does_not_exist_is_named(client):
    assert client.get("/api/jobs/none/download/mask").status_code == 404


def test_scan_that_has_gone_is_named(client, root, scan_bytes):
    path = root / "sub" / "gone.nii.gz"
    path.write_bytes(scan_bytes)
    (job,) = client.post("/api/jobs", json={"paths": ["sub/gone.nii.gz"], "options": {"model": "small"}}).json()["jobs"]
    client.wait(job["id"], "done")
    path.unlink()
    answer = client.get(f"/api/jobs/{job['id']}/download/brain")
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("gone: no such file")


def test_intracranial_job_has_both_distances(client, scan_bytes, tmp_path):
    (job,) = client.order(client.upload({"a.nii.gz": scan_bytes}), model="small", surface="intracranial")
    job = client.wait(job["id"])
    assert job["surface"] == "intracranial"
    assert "--surface intracranial" in job["command"]
    for name in ("distance", "intracranial"):
        assert client.get(f"/api/jobs/{job['id']}/volumes/{name}").status_code == 200
