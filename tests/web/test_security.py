"""Security: what is refused, and what every answer forbids."""

from __future__ import annotations

import pytest

from deskull.web.security import Hosts
from tests.web.client import Client, running

PROTECTED = ["/api/state", "/api/events", "/api/folder", "/api/jobs/a/volumes/scan", "/api/review", "/api"]


@pytest.mark.parametrize("path", PROTECTED)
def test_nothing_is_told_without_a_session(server, path):
    with Client(server.address, session=False) as stranger:
        answer = stranger.get(path)
    assert answer.status_code == 401
    assert "open the address" in answer.json()["error"]


def test_wrong_token_opens_no_session(server):
    with Client(server.address, session=False) as stranger:
        answer = stranger.post("/api/session", json={"token": "guess"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_many_wrong_tokens_are_refused(tmp_path):
    with running(tmp_path / "work") as server, Client(server.address, session=False) as stranger:
        statuses = [stranger.post("/api/session", json={"token": "guess"}).status_code for _ in range(25)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_cookie_is_of_this_site_alone_and_hidden_from_scripts(server):
    with Client(server.address, session=False) as stranger:
        cookie = stranger.post("/api/session", json={"token": server.address.partition("=")[2]}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie


def test_forged_cookie_is_no_session(client, server):
    name, value = next(iter(client.cookies.items()))
    forged = f"{name}={value[:-1]}{'0' if value[-1] != '0' else '1'}"
    with Client(server.address, session=False) as stranger:
        assert stranger.get("/api/state", headers={"Cookie": forged}).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", ""])
def test_foreign_name_that_leads_here_is_refused(client, host):
    answer = client.get("/api/state", headers={"Host": host})
    assert answer.status_code == 403 or (host == "" and answer.status_code == 400)


@pytest.mark.parametrize("host", ["localhost:9999", "127.0.0.1", "[::1]:1"])
def test_names_of_this_computer_are_taken_with_any_port(client, host):
    assert client.get("/api/state", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1"])
def test_request_of_another_page_is_refused(client, origin):
    assert client.post("/api/jobs", json={"demo": True}, headers={"Origin": origin}).status_code == 403


def test_request_of_the_own_page_is_taken(client):
    origin = str(client.base_url).rstrip("/")
    assert client.post("/api/uploads", json={"n_files": 1}, headers={"Origin": origin}).status_code == 201


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/jobs"), ("PUT", "/api/review/a"), ("DELETE", "/api/x")])
def test_write_without_the_header_is_refused(client, method, path):
    del client.headers["X-Deskull"]
    answer = client.request(method, path)
    assert answer.status_code == 403
    assert "X-Deskull" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/", "/api/state", "/assets/none.js", "/nowhere"])
def test_every_answer_has_the_strict_policy(client, path):
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script-src 'self';" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/assets/../app.py", "/assets/%2e%2e/app.py", "/assets/..%2fapp.py"])
def test_assets_lead_nowhere_else(client, path):
    assert client.get(path).status_code == 404


def test_unknown_address_is_answered_with_a_sentence(client):
    answer = client.get("/api/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"].endswith(".")


def test_loopback_has_its_names_alone():
    hosts = Hosts.of("127.0.0.1")
    assert hosts.allows("localhost:80")
    assert not hosts.allows("192.168.0.7:80")


def test_public_server_takes_addresses_but_no_foreign_names():
    hosts = Hosts.of("0.0.0.0")
    assert hosts.allows("192.168.0.7:80")
    assert not hosts.allows("evil.example:80")
