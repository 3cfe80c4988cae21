"""Writing: a report appears as a whole; nothing of a user's is lost."""

from __future__ import annotations

import pytest

from deskull import OutputError
from deskull.report.batch import writing
from deskull.report.batch.data_files import review_key
from deskull.report.batch.writing import is_report, refuse_folder, write_report


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_report_consists_of_the_page_its_assets_and_files_of_each_scan(report):
    files = files_of(report)
    assert {"index.html", "assets/report.js", "assets/report.css", "assets/LICENSES.txt", "data/rows.js"} < set(files)
    assert {f"{folder}/00002.webp" for folder in ("strips", "slices")} < set(files)
    assert {"data/00001.js", "volumes/00002.js", "assets/niivue.js"} < set(files)
    assert is_report(report)


def test_without_the_viewer_no_scan_is_embedded(results, tmp_path):
    page = write_report(results, tmp_path / "r", jobs=1)
    assert page == tmp_path / "r" / "index.html"
    assert not [name for name in files_of(tmp_path / "r") if "volumes" in name or "niivue" in name]


def test_no_path_of_the_machine_is_in_the_report(report, results):
    texts = [path.read_text() for path in (report / "index.html", *(report / "data").iterdir())]
    assert not [text for text in texts if str(results.parent) in text]


def test_earlier_report_is_replaced_only_with_overwrite_and_own_files_are_kept(results, tmp_path):
    folder = tmp_path / "r"
    write_report(results, folder, viewer=True, jobs=1)
    (folder / "scans_reviewed.tsv").write_text("mine")
    with pytest.raises(OutputError, match="holds a report already"):
        write_report(results, folder, jobs=1)
    write_report(results, folder, jobs=1, overwrite=True, title="again")
    assert (folder / "scans_reviewed.tsv").read_text() == "mine"
    assert "again" in (folder / "index.html").read_text()
    assert not (folder / "volumes").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_report_that_takes_the_place_of_another_keeps_the_key_of_its_review(report, later_report, results, tmp_path):
    write_report(later_report.parent / "out", tmp_path / "r", jobs=1)
    assert review_key(later_report) == review_key(report) != review_key(tmp_path / "r")


@pytest.mark.parametrize("name", ["index.html", "notes.txt"])
def test_folder_of_something_else_is_refused_even_with_overwrite(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match="is no report of deskull"):
        refuse_folder(tmp_path, overwrite=True)


def test_empty_folder_is_used(results, tmp_path):
    (tmp_path / "r").mkdir()
    assert write_report(results, tmp_path / "r", jobs=1).is_file()


def test_failure_leaves_no_folder_behind(results, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "write_data", fail)
    with pytest.raises(OutputError, match="could not be written \\(No space left on device\\); free space"):
        write_report(results, tmp_path / "r", jobs=1)
    assert list(tmp_path.iterdir()) == []


def test_same_batch_gives_the_same_files(results, report, tmp_path):
    write_report(results, tmp_path / "r", viewer=True, jobs=1)
    for name in files_of(report):
        assert (tmp_path / "r" / name).read_bytes() == (report / name).read_bytes()
