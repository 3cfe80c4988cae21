"""``deskull models fetch`` and ``remove``: a network of a group's own, from its folder to a mask and away again."""

from __future__ import annotations

import json

import pytest

from deskull.cli.options import model_names
from deskull.models import load_model


@pytest.fixture
def fetched(deskull, toy_model, tmp_path, monkeypatch):
    """The toy network, fetched under the name ours."""
    monkeypatch.setenv("DESKULL_MODELS", str(tmp_path / "store"))
    done = deskull("models", "fetch", "ours", "--from", toy_model, "--sha256", load_model(toy_model).card["sha256"])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_place_of_the_model_is_printed(fetched, tmp_path):
    assert fetched == f"ours: fetched, SHA-256 as given -> {tmp_path / 'store' / 'ours.onnx'}\n"


def test_fetched_model_is_listed_as_such(fetched, deskull):
    (line,) = [line for line in deskull("models").stdout.splitlines() if line.split()[:1] == ["ours"]]
    assert "fetched" in line
    cards = json.loads(deskull("models", "--json").stdout)
    assert [(card["name"], card["source"]) for card in cards][-1] == ("ours", "fetched")


def test_fetched_model_strips_scans(fetched, deskull, scan):
    done = deskull("strip", scan, "--model", "ours", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["model"] == "ours"


def test_fetched_model_is_completed_by_the_shell(fetched):
    assert model_names("ou") == ["ours"]


def test_removed_model_is_no_longer_known(fetched, deskull):
    assert deskull("models", "remove", "ours").stdout == "ours: removed\n"
    done = deskull("models", "ours")
    assert done.exit_code == 2
    assert "there is no such model" in done.stderr


def test_card_of_a_stranger_cannot_control_the_terminal(fetched, deskull, tmp_path):
    path = tmp_path / "store" / "ours.json"
    card = json.loads(path.read_text()) | {"description": "[red]\x1b[2Jx\ny", "known_failures": ["\x1b]0;x\x07"]}
    path.write_text(json.dumps(card))
    for arguments in (("models",), ("models", "ours")):
        done = deskull(*arguments)
        assert done.exit_code == 0
        assert "\x1b" not in done.stdout
        assert "\x07" not in done.stdout


def test_wrong_digest_is_one_sentence(deskull, toy_model, tmp_path, monkeypatch):
    monkeypatch.setenv("DESKULL_MODELS", str(tmp_path / "store"))
    done = deskull("models", "fetch", "ours", "--from", toy_model, "--sha256", "xyz")
    assert done.exit_code == 2
    assert done.stderr == "error: --sha256 xyz: must be a SHA-256 digest (64 hexadecimal digits).\n"
