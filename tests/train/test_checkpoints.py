"""Checkpoints: no code that they carry is run; a damaged or foreign one gives one sentence."""

from __future__ import annotations

import os
import pickle
import zipfile

import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")
pytest.importorskip("lightning", reason="needs Lightning (deskull[train])")

from deskull import InputError
from deskull.train.checkpoints import SafeCheckpointIO, load_checkpoint

GOOD = {"state_dict": {"network.weight": torch.arange(3.0)}, "global_step": 7, "callbacks": {"rows": [{"loss": 0.5}]}}


class Malicious:
    """An object whose pickle makes a folder when it is loaded."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def refused(path):
    """The one sentence that a checkpoint is refused with."""
    with pytest.raises(InputError) as caught:
        load_checkpoint(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_checkpoint_that_was_saved_is_loaded_the_same(tmp_path):
    SafeCheckpointIO().save_checkpoint(GOOD, tmp_path / "last.ckpt")
    loaded = load_checkpoint(tmp_path / "last.ckpt")
    assert loaded["global_step"] == 7
    assert loaded["callbacks"] == GOOD["callbacks"]
    assert torch.equal(loaded["state_dict"]["network.weight"], torch.arange(3.0))


def test_saving_leaves_no_temporary_file(tmp_path):
    SafeCheckpointIO().save_checkpoint(GOOD, tmp_path / "last.ckpt")
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]


@pytest.mark.parametrize("part", ["state_dict", "callbacks", "payload"])
def test_checkpoint_with_malicious_object_runs_nothing_and_is_refused(tmp_path, part):
    torch.save(GOOD | {part: Malicious(tmp_path / "ran")}, tmp_path / "last.ckpt")
    assert "was not loaded" in refused(tmp_path / "last.ckpt")
    assert not (tmp_path / "ran").exists()


def test_plain_malicious_pickle_runs_nothing_and_is_refused(tmp_path):
    (tmp_path / "last.ckpt").write_bytes(pickle.dumps(Malicious(tmp_path / "ran")))
    refused(tmp_path / "last.ckpt")
    assert not (tmp_path / "ran").exists()


def test_lightning_resumes_by_the_restricted_unpickler_even_if_told_otherwise(tmp_path):
    torch.save(GOOD | {"payload": Malicious(tmp_path / "ran")}, tmp_path / "last.ckpt")
    with pytest.raises(InputError, match="was not loaded"):
        SafeCheckpointIO().load_checkpoint(tmp_path / "last.ckpt", weights_only=False)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content", [b"", b"not a checkpoint", b"PK\x03\x04", b"\x80\x02"], ids=["empty", "text", "zip", "pickle"]
)
def test_file_that_is_no_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "last.ckpt").write_bytes(content)
    refused(tmp_path / "last.ckpt")


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
def test_truncated_checkpoint_is_refused(tmp_path, kept):
    torch.save(GOOD, tmp_path / "last.ckpt")
    whole = (tmp_path / "last.ckpt").read_bytes()
    (tmp_path / "last.ckpt").write_bytes(whole[: int(kept * len(whole))])
    refused(tmp_path / "last.ckpt")


def test_zip_without_a_pickle_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "last.ckpt", "w") as file:
        file.writestr("archive/readme.txt", "hello")
    refused(tmp_path / "last.ckpt")


@pytest.mark.parametrize("content", [[1, 2], {"state_dict": {}}, torch.zeros(2)], ids=["list", "partial", "tensor"])
def test_tensors_that_are_no_checkpoint_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "last.ckpt")
    assert "is not a checkpoint of 'deskull train'" in refused(tmp_path / "last.ckpt")


def test_missing_checkpoint_is_named(tmp_path):
    assert "no such checkpoint" in refused(tmp_path / "none.ckpt")
