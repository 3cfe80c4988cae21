"""Root: what lies under a folder can be listed and chosen, and nothing else."""

from __future__ import annotations

import pytest

from tests.web.client import Client, running


def test_folder_lists_its_folders_and_images(client):
    answer = client.get("/api/folder", params={"path": ""}).json()
    assert answer == {"path": "", "folders": ["sub"], "files": []}
    below = client.get("/api/folder", params={"path": "sub"}).json()
    assert [file["name"] for file in below["files"]] == ["a.nii.gz"]


@pytest.mark.parametrize(
    "path", ["..", "sub/../..", "/etc", "out", "out/secret.nii.gz", "sub/../../secret.nii.gz", "\0"]
)
def test_path_that_leads_out_is_refused(client, path):
    assert client.get("/api/folder", params={"path": path}).status_code in (400, 403)
    assert client.post("/api/jobs", json={"paths": [path]}).status_code in (400, 403)


def test_path_to_nothing_is_named(client):
    assert client.get("/api/folder", params={"path": "none"}).status_code == 404


@pytest.mark.parametrize("paths", [None, [], "sub/a.nii.gz", [1]])
def test_paths_must_be_a_list_of_texts(client, paths):
    assert client.post("/api/jobs", json={"paths": paths}).status_code == 400


def test_server_without_a_root_has_no_folder(tmp_path):
    with running(tmp_path / "work") as server, Client(server.address) as client:
        assert client.get("/api/folder").status_code == 404
        assert client.post("/api/jobs", json={"paths": ["a.nii.gz"]}).status_code == 404


def test_several_series_at_a_path_are_listed_and_none_is_chosen(tmp_path, data):
    pytest.importorskip("pydicom", reason="needs deskull[dicom]")
    study = tmp_path / "root" / "study"
    study.mkdir(parents=True)
    (source,) = (data / "dicom" / "siemens_xa30_enhanced_t1").glob("*.dcm")
    (study / "a.dcm").write_bytes(source.read_bytes())
    import pydicom

    header = pydicom.dcmread(source)
    header.SeriesInstanceUID = header.SeriesInstanceUID + ".1"
    header.SeriesNumber = 99
    header.save_as(study / "b.dcm")
    with running(tmp_path / "work", root=tmp_path / "root") as server, Client(server.address) as client:
        answer = client.post("/api/jobs", json={"paths": ["study"]})
        assert answer.status_code == 409
        assert [choice["id"] for choice in answer.json()["choices"]] == ["#1", "#2"]
        jobs = client.post("/api/jobs", json={"paths": ["study"], "series": ["#2"]}).json()["jobs"]
        assert [job["name"] for job in jobs] == ["study series 99"]
        assert "--series '#2'" in jobs[0]["command"]
        client.delete(f"/api/jobs/{jobs[0]['id']}")
