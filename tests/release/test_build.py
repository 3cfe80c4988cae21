"""The build: links of the README on a package index, and an sdist that is always the same."""

from __future__ import annotations

import importlib.util
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TIME = 1_700_000_000


def load(path: str):
    """Import a script of the project by its path."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def setup():
    pytest.importorskip("setuptools_scm", reason="needs setuptools-scm (deskull[dev])")
    return load("setup.py")


TEXT = "![A head](docs/a.png) [pages](docs/index.md#use) [site](https://example.org) [above](#use)"


def test_relative_links_lead_to_the_tag_in_the_repository(setup):
    assert setup.index_readme(TEXT, "https://example.org/d", "1.2") == (
        "![A head](https://example.org/d/raw/v1.2/docs/a.png) "
        "[pages](https://example.org/d/blob/v1.2/docs/index.md#use) "
        "[site](https://example.org) [above](#use)"
    )


def test_without_a_repository_links_are_plain_text_and_pictures_are_left_out(setup):
    assert setup.index_readme(TEXT, "", "1.2") == " pages [site](https://example.org) [above](#use)"
    assert setup.addresses("") == {}


def test_readme_has_no_relative_link_on_an_index(setup):
    text = setup.index_readme((ROOT / "README.md").read_text(), "", "1.2")
    assert "](docs" not in text
    assert "](LICENSE" not in text


def sdist(folder: Path, names: list[str], time: int) -> Path:
    """Write an archive of files with a time of their own."""
    folder.mkdir()
    with tarfile.open(folder / "x-1.tar.gz", "w:gz") as archive:
        for name in names:
            file = folder / name
            file.write_text(name)
            member = archive.gettarinfo(file, f"x-1/{name}")
            member.mtime, member.uid, member.uname = time, time % 1000, str(time)
            with file.open("rb") as content:
                archive.addfile(member, content)
    return folder / "x-1.tar.gz"


def test_sdists_of_the_same_files_become_the_same_bytes(tmp_path):
    normalise = load("tools/release/normalise_sdist.py").normalise
    one, two = sdist(tmp_path / "1", ["a", "b"], 1), sdist(tmp_path / "2", ["b", "a"], 99)
    written = [normalise(path, tmp_path / f"out{n}", TIME) for n, path in enumerate((one, two))]
    assert one.read_bytes() != two.read_bytes()
    assert written[0].read_bytes() == written[1].read_bytes()
    with tarfile.open(written[0]) as archive:
        assert [(member.name, member.mtime, member.uid) for member in archive] == [
            ("x-1/a", TIME, 0),
            ("x-1/b", TIME, 0),
        ]


def test_bill_of_materials_names_the_javascript_that_ships():
    read = load("tools/release/add_bundled.py").bundled
    files = sorted((ROOT / "src").rglob("LICENSES.txt"))
    found = {one["name"]: one.get("version") for path in files for one in read(path.read_text())}
    assert len(files) == 2
    assert found["@niivue/niivue"]
    assert found["onnxruntime-web"]
    assert {"gl-matrix", "fflate", "nifti-reader-js", "@niivue/dcm2niix", "pako"} <= set(found)
