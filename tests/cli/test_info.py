"""``deskull info``: text for people, a stable object for programs, nothing that hinders it."""

from __future__ import annotations

import json
import socket
import sys

import pytest

from deskull import __version__
from deskull.models import shipped_models
from deskull.system.installation import install_command


@pytest.fixture
def facts(deskull):
    return json.loads(deskull("info", "--json").stdout)


def test_layout_of_the_object_is_stable(facts):
    assert facts["layout"] == 1
    names = {"layout", "deskull", "python", "libraries", "machine", "memory", "engine", "models", "extras"}
    assert set(facts) == names
    assert set(facts["deskull"]) == {"version", "installed_from"}
    assert set(facts["machine"]) == {"cpu", "instruction_sets", "cores", "system", "python", "all_cores"}
    assert set(facts["memory"]) == {"total_gb", "limit_gb", "free_gb"}
    assert set(facts["engine"]) == {"name", "version", "providers", "fault"}


def test_models_are_stated_with_hash_and_licence(facts):
    expected = [
        {
            "name": model.path.stem,
            "source": "shipped",
            "sha256": model.card["sha256"],
            "licence": "Apache-2.0",
            "intact": True,
        }
        for model in shipped_models()
    ]
    assert facts["models"] == expected


def test_extras_state_their_packages_and_how_to_get_them(facts):
    minc = facts["extras"]["minc"]
    assert list(minc["packages"]) == ["h5py"]
    assert minc["found"] == (minc["packages"]["h5py"] is not None)
    assert minc["install"] == install_command("minc")
    assert not {"dev", "docs"} & set(facts["extras"])


def test_text_states_what_a_maintainer_asks_for(deskull):
    lines = deskull("info").stdout.splitlines()
    assert lines[0].startswith(f"deskull       {__version__}, installed from ")
    names = [line.split()[0] for line in lines if not line.startswith(" ")]
    expected = ["deskull", "Python", "System", "Processor", "Memory", "Engine", "Models", "Libraries", "Extras"]
    assert names == expected


def test_engine_that_cannot_be_loaded_is_stated(deskull, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    done = deskull("info")
    assert done.exit_code == 0
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Engine")]
    assert "onnxruntime" in line


def test_network_is_not_used(deskull, monkeypatch):
    def refuse(*_):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert deskull("info").exit_code == 0
