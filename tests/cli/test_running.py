"""Running a batch: the lines of scans and the summary, from given records."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from deskull import StripOptions
from deskull.batch.records import Record, Status, records_table
from deskull.batch.tasks import Task
from deskull.cli import heartbeat, running
from deskull.provenance import Provenance
from deskull.quality.verdict import Quality, Verdict

DONE = Record("a.nii", Status.done, 1400.0, 2.0, {"brainmask": "a_brainmask.nii"}, {"network": 1.5}, ("a.nii: odd.",))
MADE = Provenance("small", "ab12", "brain", 0.5)
SKIPPED = Record("b.nii", Status.skipped, files={"brainmask": "b_brainmask.nii"}, provenance=MADE)
REFUSED = Record("c.nii", Status.refused, error="c.nii: exists already; use overwrite=True.")
FAILED = Record("d.nii", Status.failed, error="d.nii: is damaged.")


@pytest.fixture
def output(monkeypatch, capsys):
    """Run a batch whose records are given; returns stdout, stderr and the exit status."""

    def run(*records, **settings):
        monkeypatch.setattr(running, "_records", lambda *_: iter(records))
        tasks = [Task(Path(record.scan), Path()) for record in records]
        try:
            running.run(tasks, StripOptions(), 1, **settings)
            status = 0
        except typer.Exit as end:
            status = end.exit_code
        return *capsys.readouterr(), status

    return run


def test_stripped_scan_is_one_line_on_stdout(output):
    assert output(DONE)[0] == "a.nii: 1400 ml, 2.0 s -> a_brainmask.nii\n"


def test_warning_is_one_line_on_stderr(output):
    assert output(DONE)[1] == "warning: a.nii: odd.\n"


def test_refused_scan_is_one_line_on_stderr_that_names_the_option(output):
    out, err, status = output(REFUSED)
    assert (out, status) == ("", 1)
    assert err == "error: c.nii: exists already; use --overwrite.\n"


def test_skipped_scan_is_one_line_on_stderr(output):
    line = "nothing to do: the scan was stripped before with these settings; --overwrite strips it again\n"
    assert output(SKIPPED) == ("", line, 0)


def test_control_characters_of_a_name_are_escaped_on_stdout(output):
    record = replace(DONE, scan="a\n\x1b.nii", files={"brainmask": "a\n_brainmask.nii"})
    assert output(record)[0] == "a\\n\\x1b.nii: 1400 ml, 2.0 s -> a\\n_brainmask.nii\n"


def test_json_has_an_object_for_each_scan(output):
    lines = output(replace(DONE, provenance=MADE), SKIPPED, REFUSED, FAILED, as_json=True)[0].splitlines()
    facts = [json.loads(line) for line in lines]
    assert [fact["status"] for fact in facts] == ["done", "skipped", "refused", "failed"]
    assert facts[0]["stages"] == {"network": 1.5}
    assert facts[2]["error"].startswith("c.nii: exists already")
    assert "error" not in facts[0]


def test_json_states_the_settings_and_warnings_of_a_scan(output):
    (line,) = output(replace(DONE, provenance=MADE), as_json=True)[0].splitlines()
    facts = json.loads(line)
    assert (facts["sha256"], facts["surface"], facts["border_mm"], facts["frame"]) == ("ab12", "brain", 0.5, None)
    assert facts["warnings"] == ["a.nii: odd."]


def test_json_states_which_frames_of_a_series_were_averaged(output):
    lines = output(replace(DONE, provenance=replace(MADE, averaged_frames="0, 8")), DONE, as_json=True)[0].splitlines()
    assert [json.loads(line)["averaged_frames"] for line in lines] == ["0, 8", None]


def test_json_and_table_name_options_as_stderr_does(output, tmp_path):
    warned = replace(DONE, warnings=("a.nii: is odd; use frame='each'.",))
    out, err, _ = output(warned, REFUSED, as_json=True, table=tmp_path / "t.tsv")
    done, refused = map(json.loads, out.splitlines())
    assert done["warnings"] == ["a.nii: is odd; use --frame each."]
    assert refused["error"] == "c.nii: exists already; use --overwrite."
    assert "overwrite=True" not in (tmp_path / "t.tsv").read_text() + err
    assert "use --overwrite." in (tmp_path / "t.tsv").read_text()


def test_json_on_stdout_leaves_the_progress_on_stderr(monkeypatch, capsys):
    monkeypatch.setattr(heartbeat, "INTERVAL_S", 0.01)
    monkeypatch.setattr(running, "_records", lambda *_: slowly(DONE, DONE))
    running.run([Task(Path("a.nii"), Path())] * 2, StripOptions(), 1, as_json=True)
    out, err = capsys.readouterr()
    assert [json.loads(line)["status"] for line in out.splitlines()] == ["done", "done"]
    assert "1 of 2 scans" in err


def slowly(*records):
    """Yield records, each after a while."""
    for record in records:
        time.sleep(0.1)
        yield record


def test_summary_counts_each_outcome(output):
    summary = output(DONE, SKIPPED, REFUSED, FAILED)[1].splitlines()[-1]
    assert summary.startswith("4 scans in 0 s; 1 stripped (")
    refused = "1 of 4 scans were not stripped, because they have results already"
    assert summary.endswith(f"; 1 stripped before; {refused}; 1 of 4 scans failed")


def test_summary_counts_results_whose_settings_are_not_known(output):
    line = output(replace(SKIPPED, provenance=None))[1]
    assert "the scan was stripped before; --overwrite strips it again; " in line
    assert line.endswith("no table or sidecar states the settings of 1 of the results that were kept\n")


def test_earlier_settings_and_verdicts_are_taken_from_the_table_when_resuming(monkeypatch, tmp_path):
    mask, tasks, bad = tmp_path / "a_brainmask.nii.gz", [], Quality(Verdict.failed, ("Low.",), predicted_dice=0.4)
    mask.touch()
    with records_table(tmp_path / "t.tsv") as add:
        add(
            Record("a.nii.gz", Status.done, files={"brainmask": str(mask)}, model="small", provenance=MADE, quality=bad)
        )
    monkeypatch.setattr(running, "_records", lambda given, *_: iter(tasks.extend(given) or ()))
    running.run([Task(Path("a.nii.gz"), tmp_path)], StripOptions(resume=True), 1, table=tmp_path / "t.tsv")
    assert (tasks[0].recorded, tasks[0].recorded_quality) == (MADE, bad)


@pytest.mark.parametrize("record", [DONE, SKIPPED])
def test_bad_mask_decides_on_the_status_with_strict_alone_whether_it_is_new_or_kept(output, record):
    bad = replace(record, quality=Quality(Verdict.failed, ("Low.",)))
    assert output(bad)[2] == 0
    _, err, status = output(bad, strict=True)
    assert err.splitlines()[-1] == f"error: --strict: the verdict is fail on the mask of {record.scan}; look at it."
    assert status == 1


def test_failed_scan_has_another_status_than_a_bad_mask_with_strict(output):
    assert (output(FAILED)[2], output(FAILED, strict=True)[2]) == (1, 3)


def test_findings_that_are_no_reasons_are_warnings_after_the_line_of_a_new_mask(output):
    scan = {"findings": ["The brain has a gap.", "The scan is noisy."]}
    quality = Quality(Verdict.review, ("The brain has a gap.",), predicted_dice=0.95, input=scan)
    out, err, status = output(replace(DONE, quality=quality))
    assert (out.count("\n"), err, status) == (1, "warning: a.nii: odd.\nwarning: a.nii: The scan is noisy.\n", 0)
    assert "warning" not in output(replace(SKIPPED, quality=quality))[1]


def test_reason_of_a_mask_that_is_not_judged_ends_its_line(output):
    line = output(replace(DONE, quality=Quality.unjudged("Another network.")))[0]
    assert line.endswith("; not judged: Another network.\n")


def test_batch_with_nothing_to_do_says_so(output):
    (line,) = output(SKIPPED, SKIPPED)[1].splitlines()
    assert line == "nothing to do: all 2 scans were stripped before with these settings; --overwrite strips them again"


def test_files_that_were_left_out_are_counted_and_one_is_named(output):
    summary = output(SKIPPED, skipped=[Path("in/x_brain.nii"), Path("y_brain.nii")])[1]
    assert "2 files named like results were left out (x_brain.nii)" in summary


def test_summary_names_the_table(output, tmp_path):
    table = tmp_path / "t.tsv"
    assert f"table in {table}" in output(DONE, FAILED, table=table)[1]
    assert table.exists()
