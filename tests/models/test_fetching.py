"""Fetching: what is stored, and what is refused before anything is stored."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import threading

import pytest

from deskull import InputError, OutputError, UsageError
from deskull.models import fetched_models, load_model, shipped_models, sources
from deskull.models.fetching import fetch, remove

NETWORK = b"the bytes of a network"
DIGEST = hashlib.sha256(NETWORK).hexdigest()
CARD = {
    "name": "default",
    "sha256": DIGEST,
    "voxel_size_mm": 2.0,
    "band_mm": 10.0,
    "size_multiple": 16,
    "surfaces": ["brain"],
}


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    """The folder of fetched models, which does not exist yet."""
    monkeypatch.setenv("DESKULL_MODELS", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def published(tmp_path):
    """A folder in which a group has put its network."""
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "ours.onnx").write_bytes(NETWORK)
    (folder / "ours.json").write_text(json.dumps(CARD))
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and sends what is asked for at /elsewhere to a file of this machine."""

    def do_GET(self):
        if self.path.startswith("/elsewhere"):
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(published):
    """The URL of a web server that has the folder."""
    pytest.importorskip("pooch", reason="needs pooch (deskull[fetch])")
    handler = functools.partial(Quiet, directory=str(published))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{web.server_port}"
        web.shutdown()


def stored(store):
    return sorted(path.name for path in store.iterdir()) if store.exists() else []


def test_model_of_a_folder_is_found_by_its_name(published, store):
    model = fetch("ours", str(published), DIGEST)
    assert model.content() == NETWORK
    assert load_model("ours") == model
    assert stored(store) == ["ours.json", "ours.onnx"]


def test_model_of_a_web_server_is_found_by_its_name(server, store):
    assert fetch("ours", server, f"sha256:{DIGEST.upper()}").content() == NETWORK
    assert stored(store) == ["ours.json", "ours.onnx"]


@pytest.mark.parametrize("suffix", ["/ours.onnx", "/ours.onnx?download=1"])
def test_file_of_a_web_server_can_get_another_name(server, suffix):
    assert fetch("mine", server + suffix, DIGEST).path.name == "mine.onnx"


def test_fetched_model_goes_by_its_own_name_whatever_its_card_says(published):
    fetch("ours", str(published), DIGEST)
    assert load_model("ours").provenance(0.0, "brain").model == "ours"


def test_other_bytes_in_a_folder_are_not_stored(published, store):
    (published / "ours.onnx").write_bytes(b"other bytes")
    with pytest.raises(InputError, match=r"ours\.onnx: is not the file with the SHA-256 that was given"):
        fetch("ours", str(published), DIGEST)
    assert stored(store) == []


def test_other_bytes_from_a_web_server_are_not_stored(server, published, store):
    (published / "ours.onnx").write_bytes(b"other bytes")
    with pytest.raises(InputError, match=r"ours\.onnx: is not the file with the SHA-256 that was given"):
        fetch("ours", server, DIGEST)
    assert stored(store) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sha256": "0" * 64}, "is the card of a network with another SHA-256"),
        ({"voxel_size_mm": -1}, "voxel_size_mm is -1"),
        ({"description": 3}, "description is 3; it must be a text"),
        ({"figures": {"real_validation": {"median_dice": "x"}}}, "figures is"),
        ({"data": ["x"]}, "it must be a list of objects"),
    ],
)
def test_card_that_cannot_be_used_is_refused_by_its_place(published, store, change, text):
    (published / "ours.json").write_text(json.dumps(CARD | change))
    with pytest.raises(UsageError) as caught:
        fetch("ours", str(published), DIGEST)
    assert str(caught.value).startswith(f"{published / 'ours.json'}: ")
    assert text in str(caught.value)
    assert stored(store) == []


@pytest.mark.parametrize("name", ["default", "SMALL", "show", "fetch", "NUL", "com1"])
def test_name_with_another_meaning_is_refused(published, name):
    with pytest.raises(UsageError, match="choose another name"):
        fetch(name, str(published / "ours.onnx"), DIGEST)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\\b", ".x", "-x", "a.onnx", "a b", "\x1b[2J", "x" * 65, "ä"])
def test_name_that_could_lead_elsewhere_is_refused(published, store, name):
    with pytest.raises(UsageError, match="cannot be the name of a model"):
        fetch(name, str(published / "ours.onnx"), DIGEST)
    assert stored(store) == []


@pytest.mark.parametrize("digest", ["", "abc", DIGEST + "0", "g" * 64])
def test_malformed_digest_is_refused(published, digest):
    with pytest.raises(UsageError, match="must be a SHA-256 digest"):
        fetch("ours", str(published), digest)


def test_existing_model_is_kept_unless_it_may_be_replaced(published):
    fetch("ours", str(published), DIGEST)
    with pytest.raises(OutputError, match="exists already"):
        fetch("ours", str(published), DIGEST)
    assert fetch("ours", str(published), DIGEST, overwrite=True).content() == NETWORK


def test_network_that_is_too_large_is_not_stored(published, store, monkeypatch):
    monkeypatch.setattr("deskull.models.fetching.MAX_NETWORK_BYTES", 10)
    with pytest.raises(InputError, match="the most that is fetched"):
        fetch("ours", str(published), DIGEST)
    assert stored(store) == []


def test_card_of_a_web_server_that_is_too_large_is_not_stored(server, published, store):
    (published / "ours.json").write_bytes(b" " * (sources.MAX_CARD_BYTES + 1))
    with pytest.raises(InputError, match="has more than 1 MB, the most that is fetched"):
        fetch("ours", server, DIGEST)
    assert stored(store) == []


@pytest.mark.parametrize("place", ["/none", "/elsewhere"])
def test_file_that_a_web_server_does_not_give_is_one_sentence(server, store, place):
    with pytest.raises(InputError, match=r"ours\.json: could not be fetched \(.*\); check the URL") as caught:
        fetch("ours", server + place, DIGEST)
    assert "\n" not in str(caught.value)
    assert stored(store) == []


def test_missing_file_is_one_sentence(published):
    with pytest.raises(InputError, match=r"other\.json: no such file"):
        fetch("other", str(published), DIGEST)


def test_removed_model_is_no_longer_found(published, store):
    fetch("ours", str(published), DIGEST)
    remove("ours")
    assert stored(store) == []
    with pytest.raises(UsageError, match="there is no such model"):
        load_model("ours")


@pytest.mark.parametrize(
    ("name", "text"),
    [("default", "ships with deskull"), ("none", "no model has been fetched"), ("../published/ours", "no such")],
)
def test_other_models_are_not_removed(published, name, text):
    with pytest.raises(UsageError, match=text):
        remove(name)
    assert (published / "ours.onnx").exists()


def test_file_in_the_folder_cannot_hide_a_shipped_model(published, store):
    fetch("ours", str(published), DIGEST)
    for suffix in (".onnx", ".json"):
        (store / f"ours{suffix}").rename(store / f"default{suffix}")
    assert load_model("default") == shipped_models()[0]
    assert fetched_models() == []


def test_damaged_model_is_left_out_of_the_list_with_a_warning(published, store):
    fetch("ours", str(published), DIGEST)
    (store / "ours.json").write_text("{")
    with pytest.warns(UserWarning, match=r"ours\.json: is not a model card .* or remove the model\."):
        assert fetched_models() == []
