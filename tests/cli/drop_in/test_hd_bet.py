"""``deskull-hd-bet``: the command lines of both versions of HD-BET, files and folders."""

from __future__ import annotations

import os

import pytest

from deskull import UsageError
from deskull.cli.drop_in.hd_bet import main, read
from deskull.options import Device


def asked(line: str):
    """The request of a command line."""
    return read(line.split())


#: Command lines of HD-BET's manual (version 2, then version 1), with the files that they write.
LINES = {
    "-i t1.nii.gz -o out.nii.gz": ["out.nii.gz"],
    "-i t1.nii.gz -o out.nii.gz -device cpu --disable_tta": ["out.nii.gz"],
    "-i t1.nii.gz -o out.nii.gz --save_bet_mask": ["out.nii.gz", "out_bet.nii.gz"],
    "-i t1.nii.gz -o out.nii.gz --save_bet_mask --no_bet_image": ["out_bet.nii.gz"],
    "-i scans -o brains": ["brains/a.nii.gz", "brains/b.nii.gz"],
    "-i scans -o brains --save_bet_mask --no_bet_image": ["brains/a_bet.nii.gz", "brains/b_bet.nii.gz"],
    "--input t1.nii.gz --output out.nii.gz -device mps --verbose": ["out.nii.gz"],
    "-i t1.nii.gz": ["t1_bet.nii.gz", "t1_bet_mask.nii.gz"],
    "-i scans": ["scans_bet/a.nii.gz", "scans_bet/a_mask.nii.gz", "scans_bet/b.nii.gz", "scans_bet/b_mask.nii.gz"],
    "-i t1.nii.gz -o out -device cpu -mode fast -tta 0": ["out.nii.gz", "out_mask.nii.gz"],
    "-i t1.nii.gz -o out -mode accurate -s 1": ["out.nii.gz", "out_mask.nii.gz"],
    "-i t1.nii.gz -o out -s 0 -pp 1": ["out.nii.gz"],
    "-i t1.nii.gz -o out -b 0": ["out_mask.nii.gz"],
}


@pytest.fixture(autouse=True)
def scans(folder):
    """A folder with two scans, a hidden file and one of another format."""
    (folder / "scans").mkdir()
    for name in ("a.nii.gz", "b.nii.gz", "._a.nii.gz", "c.nii"):
        (folder / "scans" / name).write_bytes((folder / "t1.nii.gz").read_bytes())
    return folder / "scans"


@pytest.mark.parametrize("line", LINES)
def test_command_line_of_the_manual_writes_its_files(toy, folder, line):
    before = set(folder.rglob("*.nii*"))
    assert toy(read, line) == 0
    assert sorted(path.relative_to(folder).as_posix() for path in set(folder.rglob("*.nii*")) - before) == LINES[line]


@pytest.mark.parametrize(
    ("line", "model", "device"),
    [
        ("-i t1.nii.gz -o b.nii.gz", "default", Device.auto),
        ("-i t1.nii.gz -o b.nii.gz -device cpu", "default", Device.cpu),
        ("-i t1.nii.gz -o b.nii.gz -device 0 -mode accurate", "default", Device.auto),
        ("-i t1.nii.gz -o b.nii.gz -mode fast", "small", Device.auto),
    ],
)
def test_mode_chooses_the_network_and_device_where_it_runs(line, model, device):
    options = asked(line).options
    assert (options.model, options.device) == (model, device)


@pytest.mark.parametrize(("options", "ignored"), [("--disable_tta", []), ("-tta 0 -pp 1", []), ("-tta 1", ["-tta"])])
def test_options_without_meaning_are_named(options, ignored):
    assert asked(f"-i t1.nii.gz -o b.nii.gz {options}").ignored == ignored


def test_existing_results_are_left_out_on_demand(folder):
    (folder / "brains").mkdir()
    for name in ("a.nii.gz", "a_mask.nii.gz", "b.nii.gz"):
        (folder / "brains" / name).touch()
    assert [task.scan.name for task in asked("-i scans -o brains --overwrite_existing 0").tasks] == ["b.nii.gz"]
    assert len(asked("-i scans -o brains --overwrite_existing 1").tasks) == 2


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("-i empty -o out", "empty: holds no .nii.gz file; check the path."),
        ("-i t1.nii.gz -o empty", "empty: is a folder, but the input is a file; name a file that ends in .nii.gz."),
        ("-i scans -o t1.nii.gz", "t1.nii.gz: is a file, but the input is a folder; name a folder."),
        ("-i t1.nii.gz -o b.nii.gz --no_bet_image", "t1.nii.gz: no result is asked for; name a file to write."),
    ],
)
def test_files_and_folders_that_do_not_fit_are_refused(folder, line, text):
    (folder / "empty").mkdir()
    with pytest.raises(UsageError) as raised:
        asked(line)
    assert str(raised.value) == text


@pytest.mark.parametrize("line", ["-o b.nii.gz", "-i t1.nii.gz -mode slow", "-i t1.nii.gz -s 2", "-i t1.nii.gz -x"])
def test_wrong_command_line_is_one_sentence_with_exit_status_2(line, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(line.split())
    assert stopped.value.code == 2
    assert capsys.readouterr().err.endswith("; deskull-hd-bet --help lists the options.\n")


def test_scans_are_not_replaced(scans, capsys):
    before = (scans / "a.nii.gz").read_bytes()
    assert main(["-i", "scans", "-o", "scans"]) == 2
    assert "is one of the scans" in capsys.readouterr().err
    assert (scans / "a.nii.gz").read_bytes() == before


def test_damaged_scan_fails_alone_with_exit_status_1(toy, scans, capsys):
    (scans / "a.nii.gz").write_bytes(b"no image")
    assert toy(read, "-i scans -o brains") == 1
    assert os.listdir("brains") == ["b.nii.gz"]
    output = capsys.readouterr()
    assert output.out == "scans/b.nii.gz -> brains/b.nii.gz\n"
    assert output.err.count("\n") == 1
