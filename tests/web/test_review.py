"""Review: the masks of a batch are listed worst first, rated, opened without a network, and edited beside it."""

from __future__ import annotations

import csv
import gzip
import json

import numpy as np
import pytest

from deskull import formats
from deskull.batch.records import COLUMNS
from deskull.provenance import Provenance
from deskull.web.ratings import TABLE
from tests.web.client import Client, running


@pytest.fixture
def batch(tmp_path, tiny_head):
    """A batch of three scans: one mask passes and one fails, and one scan has no mask."""
    out = tmp_path / "out"
    out.mkdir()
    lines = []
    for name, verdict, dice in (("a", "pass", "0.97"), ("b", "fail", "0.61"), ("c", "", "")):
        scan, mask = tmp_path / f"{name}.nii.gz", out / f"{name}_brainmask.nii.gz"
        formats.write(tiny_head, scan)
        if verdict:
            inside = (tiny_head.data > 300).astype(np.uint8)
            formats.write(tiny_head.with_data(inside), mask)
        cells = dict.fromkeys(COLUMNS, "") | {"scan": str(scan), "status": "done" if verdict else "failed"}
        cells |= {
            "verdict": verdict,
            "predicted_dice": dice,
            "volume_ml": "1400",
            "surface": "brain",
            "border_mm": "0.5",
        }
        cells |= {"mask": str(mask) if verdict else "", "error": "" if verdict else "no brain found."}
        lines.append(cells)
    with (out / "deskull.tsv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t")
        writer.writeheader()
        writer.writerows(lines)
    return out


@pytest.fixture
def client(batch, tmp_path):
    """A browser with a session with a server that reviews the batch."""
    with running(tmp_path / "work", review=batch) as server, Client(server.address) as client:
        yield client


def rows(client) -> dict[str, dict]:
    """Rows by name."""
    return {row["name"]: row for row in client.get("/api/review").json()["rows"]}


def test_masks_are_listed_worst_first(client):
    listed = client.get("/api/review").json()["rows"]
    assert [(row["name"], row["verdict"]) for row in listed] == [
        ("c.nii.gz", "no mask"), ("b.nii.gz", "fail"), ("a.nii.gz", "pass"),
    ]  # fmt: skip
    assert [row["has_scan"] for row in listed] == [False, True, True]
    assert listed[1]["predicted_dice"] == 0.61
    assert listed[0]["reason"] == "no brain found."


@pytest.mark.parametrize(
    ("rating", "number", "decision"),
    [("accept", "n/a", "accept"), ("review", "n/a", "edit"), ("reject", "n/a", "reject"), ("4", "4", "n/a")],
)
def test_rating_is_saved_in_the_shape_of_the_report(client, batch, rating, number, decision):
    row = rows(client)["b.nii.gz"]["id"]
    answer = client.put(f"/api/review/{row}", json={"rating": rating, "comment": "leaks\tbelow\n"})
    assert answer.status_code == 204
    (line,) = csv.DictReader((batch / TABLE).open(), delimiter="\t")
    assert (line["filename"], line["rating"], line["verdict_by_reviewer"]) == ("b.nii.gz", number, decision)
    assert (line["comment"], line["verdict"], line["predicted_dice"]) == ("leaks below", "fail", "0.61")
    again = rows(client)["b.nii.gz"]
    assert (again["rating"], again["comment"]) == (rating, "leaks below")


def test_what_is_not_stated_stays(client):
    row = rows(client)["a.nii.gz"]["id"]
    client.put(f"/api/review/{row}", json={"rating": "accept", "comment": "good"})
    client.put(f"/api/review/{row}", json={"comment": "very good"})
    assert rows(client)["a.nii.gz"]["rating"] == "accept"


@pytest.mark.parametrize("fields", [{"rating": "6"}, {"rating": 4}, {"comment": ["x"]}, {"comment": "x" * 3000}])
def test_rating_that_is_none_is_refused(client, batch, fields):
    row = rows(client)["a.nii.gz"]["id"]
    assert client.put(f"/api/review/{row}", json=fields).status_code == 422
    assert not (batch / TABLE).exists()


def test_unknown_row_is_named(client):
    assert client.put("/api/review/none", json={"rating": "accept"}).status_code == 404


def test_mask_is_opened_without_a_network_and_only_once(client, tmp_path, batch):
    row = rows(client)["a.nii.gz"]["id"]
    job = client.post(f"/api/review/{row}/open").json()["job"]
    assert (job["state"], job["has_distance"], job["border_mm"]) == ("done", False, 0.0)
    assert client.post(f"/api/review/{row}/open").json()["job"]["id"] == job["id"]
    path = tmp_path / "distance.nii.gz"
    path.write_bytes(client.get(f"/api/jobs/{job['id']}/volumes/distance").content)
    mask = formats.read(batch / "a_brainmask.nii.gz").data > 0
    assert np.array_equal(formats.read(path).data < 0, mask)
    brain = client.get(f"/api/jobs/{job['id']}/download/brain")
    assert 'filename="a_brain.nii.gz"' in brain.headers["content-disposition"]


def test_distance_beside_the_mask_is_used(client, batch, tiny_head):
    distance = np.where(formats.read(batch / "a_brainmask.nii.gz").data > 0, -1, 1).astype(np.float32)
    formats.write(tiny_head.with_data(distance), batch / "a_distance.nii.gz")
    job = client.post(f"/api/review/{rows(client)['a.nii.gz']['id']}/open").json()["job"]
    assert (job["has_distance"], job["border_mm"]) == (True, 0.5)


def test_row_without_a_mask_cannot_be_opened(client):
    answer = client.post(f"/api/review/{rows(client)['c.nii.gz']['id']}/open")
    assert answer.status_code == 404
    assert "its mask was not found" in answer.json()["error"]


def test_edit_is_saved_beside_the_mask_and_found_again(client, batch, tmp_path):
    job = client.post(f"/api/review/{rows(client)['a.nii.gz']['id']}/open").json()["job"]
    original = (batch / "a_brainmask.nii.gz").read_bytes()
    changed = np.zeros(job["shape"], np.uint8)
    changed[10:20, 10:20, 10:20] = 1
    content = gzip.compress(changed.tobytes(order="F"))
    answer = client.put(f"/api/jobs/{job['id']}/edit", content=content, headers={"X-Deskull-Editor": "Ada"})
    assert answer.json()["edits"] == 1
    assert np.array_equal(formats.read(batch / "a_desc-edited_mask.nii.gz").data, changed)
    record = json.loads((batch / "a_desc-edited_mask.json").read_text())
    assert record["Edits"][0]["Editor"] == "Ada"
    assert (batch / "a_brainmask.nii.gz").read_bytes() == original
    with running(tmp_path / "other", review=batch) as server, Client(server.address) as other:
        opened = other.post(f"/api/review/{rows(other)['a.nii.gz']['id']}/open").json()["job"]
        assert opened["has_edit"]
        assert len(rows(other)) == 3  # an edited mask is no mask of its own


def test_server_without_a_review_has_none(tmp_path):
    with running(tmp_path / "alone") as server, Client(server.address) as client:
        assert client.get("/api/review").status_code == 404


@pytest.mark.parametrize(("border", "is_offered"), [(0.5, True), (-6.0, False)])
def test_quality_file_is_offered_if_it_describes_the_mask(client, batch, border, is_offered):
    for ending, stated in (("brainmask", 0.5), ("quality", border)):
        made = Provenance("small", "ab" * 32, "brain", stated).generated_by()
        fields = {"quality": {"verdict": "pass"}, "GeneratedBy": [made]}
        (batch / f"a_{ending}.json").write_text(json.dumps(fields))
    job = client.post(f"/api/review/{rows(client)['a.nii.gz']['id']}/open").json()["job"]
    assert client.get(f"/api/jobs/{job['id']}/download/quality").is_success == is_offered
