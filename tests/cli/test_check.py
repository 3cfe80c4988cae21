"""``deskull check``: masks of any tool."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from deskull import formats
from deskull.cli import app


@pytest.fixture(scope="module")
def folders(tmp_path_factory, head, stripper):
    """A folder with a scan of a head, one with its mask at another border, and one with half of that mask."""
    root = tmp_path_factory.mktemp("check")
    mask = stripper.strip(head, border=1.5).mask
    half = np.array(mask.data)
    half[half.shape[0] // 2 :] = 0
    for name, volume in (
        ("scans/a.nii.gz", head),
        ("masks/a_mask.nii.gz", mask),
        ("half/a.nii.gz", mask.with_data(half)),
    ):
        (root / name).parent.mkdir(exist_ok=True)
        formats.write(volume, root / name)
    return root


def read_table(path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_mask_of_another_border_passes_and_its_border_is_told(deskull, folders):
    done = deskull("check", folders / "scans" / "a.nii.gz", folders / "masks" / "a_mask.nii.gz", "--json")
    assert done.exit_code == 0, done.output
    fields = json.loads(done.stdout)
    assert fields["quality"]["measures"]["given_border_mm"] == pytest.approx(1.5, abs=0.25)
    assert fields["quality"]["measures"]["given_dice"] > 0.99
    assert fields["differences"] == []


def test_json_on_stdout_comes_with_progress_on_stderr(deskull, folders, monkeypatch):
    monkeypatch.setattr("deskull.cli.heartbeat.INTERVAL_S", 0.05)
    done = deskull("check", folders / "scans" / "a.nii.gz", folders / "masks" / "a_mask.nii.gz", "--json")
    assert "still checking: " in done.stderr
    assert json.loads(done.stdout)["quality"]["verdict"] == "pass"


@pytest.fixture(scope="module")
def checked(folders):
    """A table of a good mask, a half one, a damaged one and bad rows, checked with all outputs."""
    (folders / "damaged.nii.gz").write_bytes(b"no image")
    rows = ("scans/a.nii.gz\tmasks/a_mask.nii.gz", "scans/none.nii.gz\thalf/a.nii.gz", "scans/a.nii.gz\thalf/a.nii.gz",
            "scans/a.nii.gz", "scans/a.nii.gz\tdamaged.nii.gz")  # fmt: skip
    (folders / "pairs.tsv").write_text("\n".join(["scan\tmask", *rows]))
    outputs = (
        "-o",
        folders / "check.tsv",
        "--quality-file",
        "--pictures",
        folders / "pictures",
        "--report",
        folders / "report",
    )
    return CliRunner().invoke(app, [str(word) for word in ("check", folders / "pairs.tsv", *outputs)])


def test_rows_of_a_table_are_checked_and_each_bad_one_is_an_error(checked):
    assert checked.exit_code == 1
    errors = [line for line in checked.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3
    assert "line 3 names" in errors[0]
    assert "line 5 has no mask; add it." in errors[1]
    assert "damaged.nii.gz" in errors[2]
    assert len(checked.stdout.splitlines()) == 2


def test_half_a_mask_does_not_pass_and_the_missing_side_is_named(checked):
    line = checked.stdout.splitlines()[1]
    assert ": fail (Dice about" in line
    assert "inside of the brain's border are missing, the largest part" in line
    assert " ml): left (RAS " in line


def test_table_has_the_largest_difference_the_picture_and_the_error(checked, folders):
    good, half, damaged = read_table(folders / "check.tsv")
    assert (good["verdict"], good["largest_ml"], float(good["dice"]) > 0.99) == ("pass", "", True)
    assert (half["largest_kind"], half["largest_place"]) == ("missing", "left")
    assert half["picture"] == str(folders / "pictures" / "a_check.png")
    assert (damaged["verdict"], damaged["picture"]) == ("", "")
    assert "damaged.nii.gz" in damaged["error"]


def test_each_mask_that_was_checked_has_a_file_of_its_quality(checked, folders):
    good, half = (json.loads((folders / f"{name}_quality.json").read_text())["quality"] for name in ("a", "a-2"))
    assert (good["verdict"], half["verdict"]) == ("pass", "fail")
    assert half["measures"]["given_volume_ml"] < 0.7 * half["measures"]["network_volume_ml"]


def test_each_mask_that_was_checked_has_a_picture(checked, folders):
    assert len(list((folders / "pictures").iterdir())) == 2


def test_report_has_a_row_for_each_mask(checked, folders):
    rows = (folders / "report" / "data" / "rows.js").read_text()
    assert all(name in rows for name in ('"masks/a_mask.nii.gz"', '"half/a.nii.gz"', '"damaged.nii.gz"'))
    assert str(folders) not in rows


def test_folders_are_paired_by_name_and_strict_fails(deskull, folders):
    done = deskull("check", folders / "scans", folders / "half", "--strict")
    assert done.exit_code == 1
    assert done.stdout.startswith(str(folders / "half" / "a.nii.gz"))


def test_damaged_mask_has_another_status_than_a_bad_one_with_strict(deskull, folders, tmp_path):
    (tmp_path / "damaged.nii.gz").write_bytes(b"no image")
    damaged = (folders / "scans" / "a.nii.gz", tmp_path / "damaged.nii.gz")
    assert (deskull("check", *damaged).exit_code, deskull("check", *damaged, "--strict").exit_code) == (1, 3)


def test_derivatives_are_paired_with_the_scans_of_a_bids_dataset(deskull, folders, tmp_path):
    pytest.importorskip("ancpbids", reason="needs ancpbids (deskull[bids])")
    for root, name, source in (
        ("raw", "sub-01_T1w", "scans/a"),
        ("raw", "sub-02_T1w", "scans/a"),
        ("derivatives", "sub-01_desc-brain_mask", "masks/a_mask"),
    ):
        folder = tmp_path / root / name.partition("_")[0] / "anat"
        folder.mkdir(parents=True)
        (folder / f"{name}.nii.gz").symlink_to(folders / f"{source}.nii.gz")
        (tmp_path / root / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.9.0"}')
    done = deskull("check", tmp_path / "raw", tmp_path / "derivatives")
    assert done.exit_code == 0, done.output
    assert "sub-01_desc-brain_mask.nii.gz: pass" in done.stdout
    assert "warning: " in done.stderr
    assert "sub-02_T1w.nii.gz: has no mask in" in done.stderr


def test_mask_on_another_grid_is_refused(deskull, folders, tmp_path):
    whole = formats.read(folders / "masks" / "a_mask.nii.gz")
    box = (slice(0, 40), slice(0, whole.shape[1]), slice(0, whole.shape[2]))
    formats.write(whole.part(box), tmp_path / "part.nii.gz")
    done = deskull("check", folders / "scans" / "a.nii.gz", tmp_path / "part.nii.gz")
    assert done.exit_code == 1
    assert "resample one of them" in done.output


@pytest.mark.parametrize("option", ["-o", "--report"])
def test_existing_output_is_kept_without_overwrite(deskull, folders, tmp_path, option):
    (tmp_path / "mine").write_text("mine")
    done = deskull(
        "check", folders / "scans", folders / "masks", option, tmp_path / "mine" if option == "-o" else tmp_path
    )
    assert done.exit_code == 1
    assert (tmp_path / "mine").read_text() == "mine"


def test_table_without_a_row_that_can_be_used_writes_nothing(deskull, tmp_path):
    (tmp_path / "pairs.tsv").write_text("scan\tmask\nnone.nii\tnone_mask.nii\n")
    done = deskull("check", tmp_path / "pairs.tsv", "-o", tmp_path / "check.tsv", "--report", tmp_path / "report")
    assert done.exit_code == 1
    assert "line 2 names" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.tsv"]


def test_table_of_pairs_is_not_replaced_by_the_result(deskull, folders, tmp_path):
    table = tmp_path / "pairs.tsv"
    table.write_text(f"scan\tmask\n{folders}/scans/a.nii.gz\t{folders}/masks/a_mask.nii.gz\n")
    before = table.read_text()
    done = deskull("check", table, "-o", table, "--overwrite")
    assert done.exit_code == 2
    assert "is an input" in done.output
    assert table.read_text() == before
