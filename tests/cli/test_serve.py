"""``deskull serve``: what it prints and refuses."""

from __future__ import annotations

import builtins

import pytest

from deskull.system.installation import install_command


def test_missing_extra_is_named_with_how_to_get_it(deskull, monkeypatch):
    real, command = builtins.__import__, install_command("web")

    def without(name, *args, **kwargs):
        if name.startswith(("deskull.web.server", "uvicorn")):
            raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    done = deskull("serve", "--no-open")
    assert done.exit_code == 2
    assert done.stderr == f"error: uvicorn: is not installed; {command}.\n"


def test_root_that_does_not_exist_is_refused(deskull, tmp_path):
    pytest.importorskip("uvicorn", reason="needs deskull[web]")
    done = deskull("serve", "--no-open", "--port", "0", "--work", tmp_path / "work", "--root", tmp_path / "none")
    assert done.exit_code == 2
    assert "is no folder" in done.stderr


@pytest.fixture
def served(deskull, tmp_path, monkeypatch):
    """Run the command without answering requests."""
    pytest.importorskip("uvicorn", reason="needs deskull[web]")
    monkeypatch.setattr("deskull.web.server.Server.run", lambda self: None)
    return lambda *args: deskull("serve", "--no-open", "--port", "0", "--work", tmp_path / "work", *args)


def test_address_with_the_token_is_printed(served):
    done = served()
    assert done.exit_code == 0
    assert done.stdout.startswith("http://127.0.0.1:")
    assert len(done.stdout.partition("#token=")[2].strip()) == 64
    assert "warning" not in done.stderr


def test_host_that_others_can_reach_is_warned_of(served):
    done = served("--host", "0.0.0.0")
    assert "#token=" in done.stdout
    assert "other computers can reach the server" in done.stderr
