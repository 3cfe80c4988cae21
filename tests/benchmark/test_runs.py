"""Tools run on the scans of public data sets, as a user runs them, and what is kept of it."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from deskull.benchmark.borders import halves_of
from deskull.cli import app
from deskull.data.public import find_public
from tests.benchmark.data_sets import DATA_SETS, threshold_tool, write_nfbs, write_synthstrip

FAILS_ON_SECOND = "python3 -c 'import sys; sys.exit(\"a00090001\" in sys.argv[1].lower())' {input} {mask}"


@pytest.fixture
def bench(tmp_path):
    """Run the command on a folder, with results in `out`."""
    runner = CliRunner()
    return lambda data, *args: runner.invoke(
        app, ["benchmark", str(data), "-o", str(tmp_path / "out"), "--without-deskull", *map(str, args)]
    )


def rows_of(folder):
    with (folder / "benchmark.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("name", DATA_SETS)
def test_published_layout_is_recognised_and_scored(tmp_path, tiny_head, bench, name):
    write, people = DATA_SETS[name]
    write(tmp_path / "data", tiny_head)
    result = bench(tmp_path / "data", "--tool", threshold_tool(tmp_path, 250))
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "out" / "benchmark.json").read_text())
    assert content["data_set"]["name"] == name
    rows = rows_of(tmp_path / "out")
    assert {row["case"]: row["subject"] for row in rows} == people
    assert {row["dice"] for row in rows} == {"1"}


def test_probability_of_a_consensus_is_cut_at_one_half(tmp_path, tiny_head, bench):
    DATA_SETS["cc359"][0](tmp_path / "data", tiny_head)
    tool = threshold_tool(tmp_path, 250)
    assert bench(tmp_path / "data", "--layout", "cc359-staple", "--tool", tool).exit_code == 0
    assert rows_of(tmp_path / "out")[0]["dice"] == "1"


def test_mask_without_its_scan_is_named_and_left_out(tmp_path, tiny_head, bench):
    result = bench(write_synthstrip(tmp_path / "data", tiny_head), "--tool", threshold_tool(tmp_path, 250))
    assert "cim_ct_001/mask.nii.gz: has no scan" in result.output
    assert json.loads((tmp_path / "out" / "benchmark.json").read_text())["data_set"]["problems"] == 1


def test_failed_scan_is_a_row_that_counts_as_an_empty_mask(tmp_path, tiny_head, bench):
    data = write_nfbs(tmp_path / "data", tiny_head)
    result = bench(data, "--tool", f"bad={FAILS_ON_SECOND}", "--tool", f"good={threshold_tool(tmp_path, 250)}")
    assert result.exit_code == 1
    rows = [row for row in rows_of(tmp_path / "out") if row["tool"] == "bad"]
    assert [row["fault"] for row in rows] == ["wrote no mask", "ended with status 1"]
    assert {(row["status"], row["dice"], row["sensitivity"]) for row in rows} == {("failed", "0", "0")}
    summary = json.loads((tmp_path / "out" / "benchmark.json").read_text())["summary"]
    assert (summary["bad"]["failed"], summary["good"]["failed"]) == (2, 0)
    assert "Scans that failed" in (tmp_path / "out" / "report.html").read_text()


def test_mask_on_another_grid_is_a_failure_that_says_so(tmp_path, tiny_head, bench):
    data = write_nfbs(tmp_path / "data", tiny_head, 1)
    tool = threshold_tool(tmp_path)
    script = tmp_path / "threshold.py"
    script.write_text(
        script.read_text().replace("mask = bytes", "struct.pack_into('<f', content, 292, 900.0); mask = bytes")
    )
    assert bench(data, "--tool", tool).exit_code == 1
    assert "mask.nii.gz" in rows_of(tmp_path / "out")[0]["fault"]


def test_resumed_benchmark_keeps_outcomes_and_runs_only_what_is_missing_or_new(tmp_path, tiny_head, bench):
    data, out = write_nfbs(tmp_path / "data", tiny_head), tmp_path / "out"
    tool = threshold_tool(tmp_path, 250)
    assert bench(data, "--tool", tool).exit_code == 0
    assert "holds outcomes already" in bench(data, "--tool", tool).output
    shutil.rmtree(next((out / "runs" / "threshold").glob("*90001*")))
    before = {path: path.stat().st_mtime_ns for path in out.glob("runs/*/*/mask.nii.gz")}
    assert bench(data, "--tool", tool, "--resume").exit_code == 0
    after = {path: path.stat().st_mtime_ns for path in out.glob("runs/*/*/mask.nii.gz")}
    assert len(after) == 2
    assert before.items() <= after.items()
    same_mask_other_command = tool.replace(" 250", " 250.5")
    assert bench(data, "--tool", same_mask_other_command, "--resume").exit_code == 0
    again = {path: path.stat().st_mtime_ns for path in out.glob("runs/*/*/mask.nii.gz")}
    assert not again.items() & after.items()


def test_failed_scan_is_run_again_only_if_asked_for(tmp_path, tiny_head, bench):
    data = write_nfbs(tmp_path / "data", tiny_head, 1)
    tool = threshold_tool(tmp_path, 250)
    script = tmp_path / "threshold.py"
    text = script.read_text()
    script.write_text("raise SystemExit('later')")
    assert bench(data, "--tool", tool).exit_code == 1
    script.write_text(text)
    assert bench(data, "--tool", tool, "--resume").exit_code == 1
    assert bench(data, "--tool", tool, "--resume", "--retry-failed").exit_code == 0


def test_page_states_the_meaning_of_the_masks_the_commands_and_the_costs(tmp_path, tiny_head, bench):
    data = write_nfbs(tmp_path / "data", tiny_head, 1)
    bench(data, "--tool", f"a={threshold_tool(tmp_path, 250)}", "--tool", f"b={threshold_tool(tmp_path, 300)}")
    page = (tmp_path / "out" / "report.html").read_text()
    assert "BEaST masks corrected by hand" in page
    assert "2 tools compared" in page
    assert "{input} {mask} 300" in page
    assert "Processor time" in page


def test_deskull_runs_as_a_tool_with_its_best_border_beside_the_default(tmp_path, half_head, toy_model):
    data = write_nfbs(tmp_path / "data", half_head)
    args = ["benchmark", str(data), "-o", str(tmp_path / "out"), "--model", str(toy_model), "--fit-border"]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "out" / "benchmark.json").read_text())
    (name,) = content["tools"]
    assert len(content["tools"][name]["model_sha256"]) == 64
    borders = content["fitted_borders_mm"][f"{name}, fitted border"]
    assert borders[0] == borders[1]  # both people have the same scan
    medians = [content["summary"][key]["scores"]["dice"]["median"] for key in (name, f"{name}, fitted border")]
    assert medians[1] >= medians[0]


def test_person_is_in_one_half_whatever_the_order(tmp_path):
    people = [f"p{number}" for number in range(9)] * 2
    halves = halves_of(people)
    assert halves == halves_of(people[::-1])
    assert np.bincount(list(halves.values())).tolist() == [5, 4]


@pytest.mark.parametrize(
    ("args", "fault"),
    [
        (["--layout", "nfsb", "--tool", "t {input} {mask}"], "'nfsb' is not one of 'auto',"),
        (["--layout", "lpba40", "--tool", "t {input} {mask}"], "holds no case of lpba40"),
        (["--tool", "t {input}"], "must hold {input}"),
        ([], "leaves no tool"),
        (["--model", "small"], "--without-deskull"),
        (["--split", "test", "--tool", "t {input} {mask}"], "--split test: needs a table"),
    ],
)
def test_unusable_options_are_refused_before_anything_is_run(tmp_path, tiny_head, bench, args, fault):
    data = write_nfbs(tmp_path / "data", tiny_head, 1)
    result = bench(data, *args)
    assert result.exit_code != 0
    assert fault in result.output
    assert not (tmp_path / "out" / "runs").exists()


def test_folder_of_no_known_layout_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has none of the known layouts"):
        find_public(tmp_path)
