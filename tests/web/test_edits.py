"""Edits: an edited mask is kept apart from the network's, with its history."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from deskull import formats
from deskull.models import load_model

BORDER_MM = load_model("default").default_border("brain")


@pytest.fixture
def mask(client, done, tmp_path) -> np.ndarray:
    """The network's mask."""
    path = tmp_path / "mask.nii.gz"
    path.write_bytes(client.get(f"/api/jobs/{done['id']}/download/mask").content)
    return formats.read(path).data


def body(voxels: np.ndarray) -> bytes:
    """What a page sends."""
    return gzip.compress(voxels.astype(np.uint8).tobytes(order="F"), 1)


@pytest.fixture
def save(client, done):
    """Save an edited mask."""

    def save(content, **headers):
        headers = {"X-Deskull-Editor": "Ada", "X-Deskull-History": '[{"tool": "brush", "slice": 3}]', **headers}
        address = f"/api/jobs/{done['id']}/edit?base_border_mm={BORDER_MM}&surface=brain"
        return client.put(address, content=content, headers=headers)

    yield save
    client.delete(f"/api/jobs/{done['id']}/edit")


def edited(mask: np.ndarray, *, add: int = 0, remove: int = 0) -> np.ndarray:
    """A mask with some voxels added and some removed."""
    changed = mask.copy()
    changed[tuple(np.argwhere(mask == 0)[:add].T)] = 1
    changed[tuple(np.argwhere(mask > 0)[:remove].T)] = 0
    return changed


def test_edit_is_counted_and_kept_apart(client, done, save, mask, tmp_path):
    changed = edited(mask, add=5, remove=3)
    assert save(body(changed)).json() == {"added_voxels": 5, "removed_voxels": 3, "edits": 1}
    assert client.job(done["id"])["has_edit"]
    answer = client.get(f"/api/jobs/{done['id']}/download/edited")
    assert 'filename="sub-01_T1w_desc-edited_mask.nii.gz"' in answer.headers["content-disposition"]
    path = tmp_path / "edited.nii.gz"
    path.write_bytes(answer.content)
    assert np.array_equal(formats.read(path).data, changed)
    own = client.get(f"/api/jobs/{done['id']}/download/mask").content
    path.write_bytes(own)
    assert np.array_equal(formats.read(path).data, mask)


def test_edit_is_shown_in_the_viewer_and_cuts_the_brain(client, done, save, mask, tmp_path, tiny_head):
    changed = edited(mask, remove=100)
    save(body(changed))
    for path, expected in (("volumes/edited", changed), ("download/edited-brain", tiny_head.data * changed)):
        file = tmp_path / "file.nii.gz"
        file.write_bytes(client.get(f"/api/jobs/{done['id']}/{path}").content)
        assert np.array_equal(formats.read(file).data, expected)


def test_record_says_who_when_and_how_many_voxels(client, done, save, mask):
    save(body(edited(mask, add=2)))
    save(body(edited(mask, add=4)), **{"X-Deskull-Editor": "Grace"})
    record = client.get(f"/api/jobs/{done['id']}/download/edited-record").json()
    assert [edit["Editor"] for edit in record["Edits"]] == ["Ada", "Grace"]
    assert [edit["AddedVoxels"] for edit in record["Edits"]] == [2, 4]
    assert record["Edits"][0]["Base"] == {"Surface": "brain", "BorderMm": BORDER_MM}
    assert record["Edits"][0]["History"][0]["tool"] == "brush"
    assert record["Edits"][0]["Time"].startswith("20")
    assert record["GeneratedBy"][0]["Name"] == "deskull"


def test_removed_edit_leaves_the_networks_mask(client, done, save, mask):
    save(body(edited(mask, add=1)))
    assert client.delete(f"/api/jobs/{done['id']}/edit").status_code == 204
    assert client.get(f"/api/jobs/{done['id']}/volumes/edited").status_code == 404
    assert not client.job(done["id"])["has_edit"]
    assert client.get(f"/api/jobs/{done['id']}/download/mask").status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"no gzip", 400),
        (gzip.compress(b"\1" * 10), 422),
        (gzip.compress(bytes(500_000_000), 9), 422),
        (b"x" * 5_000_000, 413),
    ],
    ids=["no gzip", "too short", "bomb", "too large"],
)
def test_body_that_is_no_mask_is_refused_and_changes_nothing(client, done, save, work, content, status):
    assert save(content).status_code == status
    assert not client.job(done["id"])["has_edit"]
    assert list((work / "downloads").iterdir()) == []


def test_body_that_was_cut_off_is_refused(save, mask):
    assert save(body(mask)[:-100]).status_code in (400, 422)


@pytest.mark.parametrize(
    ("history", "status"), [("no json", 400), ("{}", 400), ("[1]", 400), (f'["{"x" * 9000}"]', 413)]
)
def test_history_must_be_a_short_list(save, mask, history, status):
    assert save(body(mask), **{"X-Deskull-History": history}).status_code == status
