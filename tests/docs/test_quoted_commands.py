"""The documentation: the command lines that it quotes are run, on small files of the names that they give."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

pytest.importorskip("ancpbids", reason="needs ancpbids (deskull[bids])")
pytest.importorskip("highdicom", reason="needs highdicom (deskull[dicom])")
pytest.importorskip("matplotlib", reason="needs matplotlib (deskull[report])")
pytest.importorskip("SimpleITK", reason="needs SimpleITK (deskull[n4])")

from deskull import Volume, formats
from deskull.benchmark.tools import Tool, deskull_tool
from deskull.cli import app
from deskull.cli.drop_in import bet, hd_bet, synthstrip
from tests.docs.reader import Reader
from tests.docs.test_documentation import PAGES, ROOT, drop_in_commands, quoted_lines
from tests.formats.dicom.synthetic import Recipe, image, write

#: Beginnings of command lines that are not run, and why.
NOT_RUN = {
    "deskull serve": "serves until it is stopped",
    "deskull train": "trains",
    "deskull export": "needs a run of 'deskull train'",
    "deskull data synthesise-nfbs": "makes images of label maps for minutes",
    "deskull data prepare nfbs/dataset.csv -o cache/ --recipe article": "N4 of whole heads takes long",
    "deskull strip FOLDER -o OUT --scheduler": "needs a cluster",
    "deskull strip FOLDER -o OUT --cluster": "needs a cluster",
}
#: What stands for something of the reader's, and the reader's own.
OWN = {"SCAN [SCAN ...]": "scan.nii.gz", "https://example.org/models": "models"}
#: Command lines that are meant to fail, and their exit status.
EXIT_STATUS = {"deskull strip missing.nii.gz": 1}


def reason_not_to_run(line: str) -> str:
    """Say why a quoted command line is not run; '' if it is."""
    return next((reason for beginning, reason in NOT_RUN.items() if line.startswith(beginning)), "")


PAGES_TO_RUN = [page for page in PAGES if not all(map(reason_not_to_run, quoted_lines(page)))]


def prepare(page: str, reader: Reader) -> None:
    """Do what a page takes as done before its first command."""
    if page in ("README.md", "docs/how-to/rerun.md"):
        reader.run("deskull strip scan.nii.gz --sidecar")
    if page in ("README.md", "docs/how-to/dicom.md"):
        write_series(reader.folder)
    elif page == "docs/how-to/bids.md":
        reader.copy("head.nii.gz", "BIDS_DIR/sub-02/ses-1/anat/sub-02_ses-1_FLAIR.nii.gz")
    elif page == "docs/how-to/review.md":
        reader.run("deskull strip scans/ -o stripped/")
    elif page == "docs/how-to/drift.md":
        write_study(reader)
    elif page == "docs/how-to/evaluate.md":
        reader.run("deskull data index NFBS -o nfbs/dataset.csv --no-check")
        masks = [f"stripped/sub-{person}_ses-NFB3_T1w_brainmask.nii.gz" for person in ("A01", "A02")]
        reader.copy("bright.nii.gz", *masks)
    elif page == "docs/how-to/fine-tune.md":
        reader.run("deskull data index ordinary -o ordinary/dataset.csv --no-check")


def write_series(folder: Path) -> None:
    """Write the head as a series of DICOM files, in a folder and in an archive."""
    head = formats.read(folder / "head.nii.gz")
    values = np.asarray(head.values() / head.values().max() * 1000, np.int16)
    recipe = Recipe(slices=head.shape[2], spacing=2.0, origin=(0.0, 0.0, 0.0), uid="1.2.7", number=5)
    for index in range(head.shape[2]):
        made = image(recipe, index)
        made.Rows, made.Columns = head.shape[1], head.shape[0]
        made.PixelData = np.ascontiguousarray(values[..., index].T).tobytes()
        write(made, folder / "series" / f"slice{index:03d}")
    with zipfile.ZipFile(folder / "study.zip", "w") as archive:
        for path in (folder / "series").iterdir():
            archive.write(path, path.name)


def write_study(reader: Reader) -> None:
    """Write the invented study of the page on drift, and a table of it with a column "coil"."""
    example = ROOT / "benchmarks" / "drift_example.py"
    subprocess.run([sys.executable, example, reader.folder / "drift"], check=True)
    for name, other in (("reference", "stripped"), ("study", "study")):
        (reader.folder / "drift" / name).rename(reader.folder / other)
    shutil.rmtree(reader.folder / "raw")
    (reader.folder / "drift" / "raw").rename(reader.folder / "raw")
    reader.run("deskull drift study/ --save-reference study.tsv")
    header, *rows = (reader.folder / "study.tsv").read_text().splitlines()
    rows = [f"{row}\tcoil {number % 2}" for number, row in enumerate(rows)]
    (reader.folder / "quality.tsv").write_text("\n".join([f"{header}\tcoil", *rows, ""]))


@pytest.fixture
def reader(tmp_path: Path, half_head: Volume, toy_model: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader with all files; in place of deskull, `deskull benchmark` runs a program that takes no time."""
    runner, command = CliRunner(), typer.main.get_command(app)

    def run(line: str) -> Any:
        """Run a command line."""
        _, *words = shlex.split(line)
        return runner.invoke(app, [*words, *added_options(command, words)], catch_exceptions=False)

    def tool(name: str, *, distance: bool = False) -> Tool:
        """Return a command that writes a mask and a distance, as deskull with a network does."""
        return Tool(deskull_tool(name).name, f"fast-deskull {{input}} {{mask}}{' --distance' if distance else ''}")

    its_reader = Reader(tmp_path, run)
    its_reader.gather(half_head, toy_model)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("deskull.demo.make_head", lambda *_, **__: half_head)
    monkeypatch.setattr("deskull.benchmark.tools.deskull_tool", tool)
    monkeypatch.setenv("DESKULL_MODELS", str(tmp_path / "store"))
    monkeypatch.setenv("PATH", str(its_reader.install_tools()), prepend=os.pathsep)
    return its_reader


def added_options(command: Any, words: list[str]) -> list[str]:
    """Return what is added to a command line: it replaces earlier results, works in this process, and on one scan."""
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    names = {name for option in command.params for name in option.opts}
    limits = ("--jobs", "--nprocs", *(["--limit"] if "--fit-border" not in words else []))
    added = [text for option in limits if option in names for text in (option, "1")]
    keeps_results = "--overwrite" not in names or not {"--resume", "--overwrite", "participant"}.isdisjoint(words)
    return added if keeps_results else [*added, "--overwrite"]


def own_line(line: str, reader: Reader) -> str:
    """Return a quoted command line with what a reader puts in place of its placeholders."""
    line = line.partition(" #")[0].strip()
    for quoted, own in (OWN | {"HASH": reader.digest("models/ours.onnx")}).items():
        line = line.replace(quoted, own)
    return line


@pytest.mark.parametrize("page", PAGES_TO_RUN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_quoted_commands_of_a_page_run_and_write_the_files_of_their_comments(page: Path, reader: Reader) -> None:
    prepare(page.relative_to(ROOT).as_posix(), reader)
    for line in quoted_lines(page):
        if reason_not_to_run(line):
            continue
        done = reader.run(own_line(line, reader))
        expected = EXIT_STATUS.get(line.partition(" #")[0].strip(), 0)
        assert done.exit_code == expected, f"{line}: {done.output}"
        written = re.findall(r"\bscan_\w+\.(?:nii\.gz|json)", line.partition(" #")[2])
        assert [name for name in written if not any(reader.folder.rglob(name))] == [], line


@pytest.mark.parametrize("line", drop_in_commands())
def test_quoted_command_of_another_tool_runs(line: str, reader: Reader) -> None:
    mains = {"deskull-bet": bet.main, "deskull-hd-bet": hd_bet.main, "deskull-synthstrip": synthstrip.main}
    command, *arguments = shlex.split(line)
    assert mains[command](arguments) == 0


def test_every_reason_not_to_run_a_command_is_needed() -> None:
    lines = [line for page in PAGES for line in quoted_lines(page)]
    assert [beginning for beginning in NOT_RUN if not any(line.startswith(beginning) for line in lines)] == []
