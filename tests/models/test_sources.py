"""Sources: which files a path or a URL stands for, and which URLs are refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deskull import UsageError
from deskull.models.sources import Url, find_source
from deskull.system.installation import install_command


@pytest.mark.parametrize(
    ("source", "network", "card"),
    [
        ("https://a.org/m", "https://a.org/m/x.onnx", "https://a.org/m/x.json"),
        ("https://a.org", "https://a.org/x.onnx", "https://a.org/x.json"),
        ("http://a.org/n.onnx?v=1#top", "http://a.org/n.onnx?v=1", "http://a.org/n.json?v=1"),
        ("folder", "folder/x.onnx", "folder/x.json"),
        ("folder/n.onnx", "folder/n.onnx", "folder/n.json"),
    ],
)
def test_source_stands_for_two_files(source, network, card):
    found = find_source(source, "x")
    assert (found.network.place, found.card.place) == (network, card)


@pytest.mark.parametrize("url", ["file:///etc/x.onnx", "ftp://a.org/x.onnx", "https:///x.onnx", "http://[x/n.onnx"])
def test_other_urls_are_refused(url):
    with pytest.raises(UsageError, match="must be a URL of http or https, or a path"):
        find_source(url, "x")


def test_url_with_a_password_is_refused_without_repeating_it():
    with pytest.raises(UsageError, match="no password") as caught:
        find_source("https://me:secret@a.org/x.onnx", "x")
    assert "secret" not in str(caught.value)


def test_missing_pooch_is_one_sentence_that_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['pooch'] = None\n"
        "from pathlib import Path\nfrom deskull import UsageError\nfrom deskull.models.sources import Url\n"
        "try:\n    Url('http://127.0.0.1:9/x.onnx').bring(Path('x'), 1)\n"
        "except UsageError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == f"pooch: is not installed; {install_command('fetch')}.\n"


def test_place_of_a_url_is_the_url():
    assert Url("http://a.org/x").place == "http://a.org/x"
