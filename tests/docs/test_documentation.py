"""The documentation: what it quotes is run, and what it names exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from deskull import InputError, Volume, formats, strip
from deskull.cli import app
from deskull.cli.drop_in import bet, hd_bet, synthstrip
from deskull.data.public import PUBLIC_DATA_SETS
from deskull.options import options_table

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if not {"_build", "auto_gallery"} & set(page.parts)]
#: Words that stand for something of the reader's in commands.
PLACEHOLDERS = {"...": "x", "[SCAN": "scan.nii.gz"}


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced code blocks of a page in a language."""
    fenced = re.findall(r"^```([^\n]*)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [block for name, block in fenced if name == language]


def quoted_lines(page: Path) -> list[str]:
    """Return every quoted command line of deskull on a page, with its comment."""
    lines = [line.strip() for block in blocks(page, "") for line in block.splitlines()]
    return [line for line in lines if line.startswith("deskull ")]


def commands() -> list[tuple[str, str]]:
    """Return every quoted command line of deskull, with the page it stands on."""
    found = [(page.relative_to(ROOT).as_posix(), line) for page in PAGES for line in quoted_lines(page)]
    return [(page, line.partition("#")[0].strip()) for page, line in found]


def parse(command: Any, arguments: list[str]) -> None:
    """Parse a command line down to its last subcommand, as the program would, without running it."""
    if isinstance(command, TyperGroup) and arguments and not arguments[0].startswith("-"):
        inner = command.get_command(typer.Context(command, info_name="deskull"), arguments[0])
        assert inner is not None, f"there is no command {arguments[0]}"
        parse(inner, arguments[1:])
        return
    command.make_context("deskull", arguments, parent=None)


@pytest.mark.parametrize(("page", "line"), commands())
def test_quoted_command_line_is_one_that_deskull_parses(page: str, line: str) -> None:
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(line) if not word.startswith("...]")]
    parse(typer.main.get_command(app), words[1:])


def test_option_that_a_command_lacks_is_noticed() -> None:
    with pytest.raises(Exception, match=r"[Nn]o such option"):
        parse(typer.main.get_command(app), ["models", "show", "--nonsense"])


def drop_in_commands() -> list[str]:
    """Return every quoted command line of a command that stands in for another tool."""
    lines = [line.strip() for page in PAGES for block in blocks(page, "") for line in block.splitlines()]
    return [line for line in lines if line.startswith("deskull-")]


@pytest.mark.parametrize("line", drop_in_commands())
def test_quoted_command_line_of_another_tool_is_one_that_is_read(line: str) -> None:
    command, *arguments = shlex.split(line)
    readers = {"deskull-bet": bet.read, "deskull-hd-bet": hd_bet.read, "deskull-synthstrip": synthstrip.read}
    assert readers[command](arguments).ignored == []


def test_page_on_other_tools_states_the_table_of_thresholds() -> None:
    page = (ROOT / "docs" / "how-to" / "other-tools.md").read_text()
    rows = [
        [cell.strip() for cell in line.split("|")[2:-1]]
        for line in page.splitlines()
        if line[:6] in ("| `-f`", "| mm |")
    ]
    assert [bet.border_shift(float(threshold)) for threshold in rows[0]] == [float(mm) for mm in rows[1]]


@pytest.fixture
def readers_folder(tmp_path: Path, head: Volume, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that quoted Python code reads."""
    formats.write(head, tmp_path / "scan.nii.gz")
    (tmp_path / "nfbs").mkdir()
    (tmp_path / "nfbs" / "dataset.csv").write_text("case,subject,site,raw,mask,brain,roi\nc1,s1,,raw.nii,mask.nii,,\n")
    (tmp_path / "nfbs" / "splits.csv").write_text("subject,site,split,fold\ns1,,validation,\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem)
def test_quoted_python_code_runs(page: Path, readers_folder: Path) -> None:
    names: dict[str, Any] = {}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), names)


def test_quoted_error_is_the_one_that_is_raised(readers_folder: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "strip.md").read_text()
    quoted = re.search(r"^error: (missing.*)$", page, re.MULTILINE)
    assert quoted
    with pytest.raises(InputError) as raised:
        strip("missing.nii.gz")
    assert str(raised.value) == quoted[1]


def test_page_on_the_benchmark_lists_every_layout() -> None:
    page = (ROOT / "docs" / "how-to" / "benchmark.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \|", page.partition("## Tools")[0], re.MULTILINE)
    assert set(rows) == set(PUBLIC_DATA_SETS)


def test_page_of_options_holds_the_table_of_the_code() -> None:
    assert options_table() in (ROOT / "docs" / "reference" / "options.md").read_text()


def named_files() -> list[tuple[str, str]]:
    """Return every file of the project that a page names in code style."""
    pattern = r"`((?:src|benchmarks|tests|docs|cli|batch|formats|system|preprocessing|models|report|train)/[\w./-]+)`"
    return sorted({(page.name, name) for page in PAGES for name in re.findall(pattern, page.read_text())})


@pytest.mark.parametrize(("page", "name"), named_files())
def test_named_file_exists(page: str, name: str) -> None:
    assert (ROOT / name).exists() or (ROOT / "src" / "deskull" / name).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]+)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_reference_shows_no_addresses_of_functions(tmp_path: Path) -> None:
    sphinx = pytest.importorskip("sphinx.application")
    (tmp_path / "index.rst").write_text(".. automodule:: deskull.preprocessing.intensity\n   :members:\n")
    places = (tmp_path, None, tmp_path / "out", tmp_path / "trees", "text")
    sphinx.Sphinx(*places, confoverrides={"extensions": ["sphinx.ext.autodoc"]}, status=None, warning=None).build()
    text = (tmp_path / "out" / "index.txt").read_text()
    assert "SCALINGS" in text
    assert "<function" not in text


def test_documentation_names_no_network_that_does_not_ship() -> None:
    pages = [page for page in PAGES if "notebook" not in page.parts]
    assert [page.name for page in pages if re.search(r"`(v[1-5]|small_v3)`", page.read_text())] == []
