"""Journal: the last line of a scan counts, and a line that was cut off does no harm."""

from __future__ import annotations

from deskull.web.journal import Journal


def test_last_line_of_a_scan_counts(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append([{"id": "a", "state": "queued"}, {"id": "b", "state": "queued"}])
    journal.append([{"id": "a", "state": "done"}])
    assert journal.read() == [{"id": "a", "state": "done"}, {"id": "b", "state": "queued"}]


def test_removed_scan_is_left_out(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append([{"id": "a"}, {"removed": "a"}])
    assert journal.read() == []


def test_line_that_was_cut_off_is_left_out_and_spoils_no_other(tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path).append([{"id": "a", "state": "queued"}])
    with path.open("a") as file:
        file.write('{"id": "a", "sta')
    Journal(path).append([{"id": "b"}])
    assert Journal(path).read() == [{"id": "a", "state": "queued"}, {"id": "b"}]


def test_journal_is_rewritten_with_a_line_for_each_scan(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append([{"id": "a", "state": state} for state in ("queued", "running", "done")])
    journal.rewrite(journal.read())
    assert path.read_text() == '{"id": "a", "state": "done"}\n'


def test_missing_journal_is_empty(tmp_path):
    assert Journal(tmp_path / "none.jsonl").read() == []
