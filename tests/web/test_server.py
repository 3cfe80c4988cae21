"""Server: it listens on a port of its own, and owns its folder."""

from __future__ import annotations

import socket
import stat

import pytest

from deskull.errors import UsageError
from deskull.web.server import Server, address_of, listen
from deskull.web.service import Settings
from tests.web.client import running


def test_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"127\.0\.0\.1:{port}: cannot be listened on .* --port"):
            listen("127.0.0.1", port)


def test_folder_of_another_server_is_refused(server):
    with pytest.raises(UsageError, match="another 'deskull serve' uses it"):
        Server(Settings(server.folder), 0)


def test_folder_and_secret_are_the_users_alone(server):
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.folder / "secret").stat().st_mode) == 0o600


def test_root_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is no folder"):
        Server(Settings(tmp_path / "work", root=tmp_path / "none"), 0)


def test_review_of_no_batch_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(UsageError, match="holds no table"):
        Server(Settings(tmp_path / "work", review=tmp_path), 0)
    assert not (tmp_path / "work").exists()


def test_address_is_the_same_after_a_restart(tmp_path):
    with running(tmp_path / "work") as first:
        token = first.address.partition("#")[2]
    with running(tmp_path / "work") as second:
        assert second.address.partition("#")[2] == token


def test_secret_that_was_cut_off_is_made_anew(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "secret").write_bytes(b"short")
    with running(tmp_path / "work") as server:
        assert len((server.folder / "secret").read_bytes()) == 32


def test_browser_is_opened_with_a_file_that_only_the_user_reads(server, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    server.open_browser()
    path = server.folder / "open.html"
    assert opened == [path.as_uri()]  # no token, which other users could see in the list of processes
    assert server.address in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_server_on_loopback_is_not_public(server):
    assert not server.is_public


def test_address_of_an_ipv6_host_has_brackets():
    assert address_of("::1", 80, "t") == "http://[::1]:80/#token=t"
