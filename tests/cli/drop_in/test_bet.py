"""``deskull-bet``: BET's command lines, endings, files and threshold."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from deskull import UsageError, Volume, formats
from deskull.cli.drop_in.bet import border_shift, find_input, main, read
from deskull.models import load_model
from deskull.options import Frame
from tests.cli.drop_in.conftest import assert_refused

CARD = load_model("default").default_border("brain")


def asked(line: str):
    """The request of a command line."""
    return read(line.split())


def files(line: str) -> dict[str, str]:
    """Names of the files that a command line writes."""
    request = asked(line)
    (task,) = request.tasks
    return {str(kind): path.name for kind, path in task.result_files(request.options.outputs).items()}


BRAIN, MASK = {"brain": "out.nii.gz"}, {"brainmask": "out_mask.nii.gz"}
#: Command lines of BET's manual and of FSL's course, with the files that they write here.
LINES = {
    "t1 out": BRAIN,
    "t1.nii.gz out.nii.gz": BRAIN,
    "t1 out -m": BRAIN | MASK,
    "t1 out -n -m": MASK,
    "t1 out -f 0.3 -g -0.1": BRAIN,
    "t1 out -f .35 -R": BRAIN,
    "t1 out -r 75 -c 90 110 120": BRAIN,
    "t1 out -t -e -s -o": BRAIN,
    "t1 out -S": BRAIN,
    "t1 out -B -f 0.1": BRAIN | MASK,
    "t1 out -Z": BRAIN,
    "t1 out -F": BRAIN | MASK,
    "t1 out -A": BRAIN,
    "t1 out -A2 t2": BRAIN,
    "t1 out -v -d": BRAIN,
    "t1 out --ct": BRAIN,
    "t1 out --mask --verbose": BRAIN | MASK,
    "t1 out --nooutput --mask": MASK,
    "t1 out --outline --overlay --skull --mesh --threshold": BRAIN,
    "t1 out -w 1 --radius 75": BRAIN,
    "t1 out --fracintensity 0.4 --vertical_gradient 0.1 --smooth 1.1 --centre 90 110 120": BRAIN,
    "t1 -m out": BRAIN | MASK,
    "t1": {"brain": "t1_brain.nii.gz"},
    "t1.nii.gz -m": {"brain": "t1_brain.nii.gz", "brainmask": "t1_brain_mask.nii.gz"},
    "-m -f 0.4 t1 out": BRAIN | MASK,
}


@pytest.mark.parametrize("line", LINES)
def test_command_line_of_the_manual_writes_its_files(toy, line):
    assert toy(read, line) == 0
    assert sorted(os.listdir()) == sorted(["t1.nii.gz", *LINES[line].values()])


@pytest.mark.parametrize(
    ("line", "ignored"),
    [
        ("t1 out -m -n -f 0.5 -F -v", []),
        ("t1 out -R -S -B -Z -d", []),  # what they ask for is always so
        ("t1 out -o -s -t -e -A --ct", ["-o", "-s", "-t", "-e", "-A", "--ct"]),
        ("t1 out -g 0 -r 70 -c 1 2 3 -A2 t2", ["-g", "-r", "-c", "-A2"]),
        ("t1 out --outline -w 1 --centre 1 2 3", ["--outline", "-w", "--centre"]),
    ],
)
def test_options_without_meaning_are_named(line, ignored):
    assert asked(line).ignored == ignored


@pytest.mark.parametrize(("threshold", "mm"), [(0, 2.5), (0.1, 2), (0.3, 1), (0.5, 0), (0.6, -0.5), (1, -2.5)])
def test_threshold_moves_the_border_by_the_table(threshold, mm):
    assert border_shift(threshold) == mm
    assert asked(f"t1 out -f {threshold}").options.border == (CARD + mm if mm else None)


def test_brain_lies_beside_the_scan_where_no_file_is_named():
    (task,) = asked("sub-01/t1.nii.gz -m").tasks
    assert {path.as_posix() for path in task.files.values()} == {
        "sub-01/t1_brain.nii.gz",
        "sub-01/t1_brain_mask.nii.gz",
    }


def test_smaller_threshold_never_gives_a_smaller_brain():
    shifts = [border_shift(threshold) for threshold in np.linspace(0, 1, 101)]
    assert shifts == sorted(shifts, reverse=True)


@pytest.mark.parametrize("threshold", [-0.1, 1.5, float("nan")])
def test_threshold_outside_0_to_1_is_refused(threshold):
    with pytest.raises(UsageError, match=r"^-f .*: must lie between 0 and 1.$"):
        border_shift(threshold)


def test_border_is_that_of_the_card_without_a_threshold_and_wider_for_a_series():
    assert asked("t1 out").options.border is None
    assert asked("t1 out -F").options.border == CARD + 1
    assert asked("t1 out -F -f 0.5").options.border is None


def test_series_gets_one_mask():
    assert asked("t1 out -F").options.frame is Frame.mean


@pytest.mark.parametrize(
    ("kind", "output", "written"),
    [
        ("", "b", "b.nii.gz"),
        ("", "b.nii", "b.nii"),
        ("", "sub.1", "sub.1.nii.gz"),
        ("NIFTI", "b", "b.nii"),
        ("NIFTI", "b.nii.gz", "b.nii"),
        ("NIFTI_GZ", "b.nii", "b.nii.gz"),
        ("NIFTI_GZ", "dir/b", "b.nii.gz"),
    ],
)
def test_ending_of_the_results_is_that_of_fsl(kind, output, written, monkeypatch):
    monkeypatch.setenv("FSLOUTPUTTYPE", kind)
    assert files(f"t1 {output}") == {"brain": written}


def test_pair_of_files_is_refused(monkeypatch):
    monkeypatch.setenv("FSLOUTPUTTYPE", "NIFTI_PAIR")
    with pytest.raises(UsageError, match=r"FSLOUTPUTTYPE=NIFTI_PAIR: is not written; set it to NIFTI or NIFTI_GZ"):
        asked("t1 out")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.img", "a.hdr"])
@pytest.mark.parametrize("given", ["a", "a.nii.gz", "a.nii"])
def test_scan_is_found_with_another_ending_or_without(folder, name, given):
    (folder / name).touch()
    assert find_input(Path(given)) == Path(name)


def test_scan_of_the_very_name_comes_first(folder):
    for name in ("a.nii", "a.nii.gz", "b"):
        (folder / name).touch()
    assert find_input(Path("a.nii")) == Path("a.nii")
    assert find_input(Path("b")) == Path("b")
    assert find_input(Path("none")) == Path("none")


@pytest.mark.parametrize("line", ["", "-m", "t1 out -x", "t1 out extra", "t1 out -f big", "t1 out -c 1 2"])
def test_wrong_command_line_is_one_sentence_with_exit_status_2(line, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(line.split())
    assert stopped.value.code == 2
    assert capsys.readouterr().err.endswith("; deskull-bet --help lists the options.\n")


@pytest.mark.parametrize(
    ("line", "status", "text"),
    [
        ("none out", 1, "error: none: no such file; check the path.\n"),
        ("t1 .", 2, "error: .: is a folder; name a file.\n"),
        ("t1 t1", 2, "error: t1.nii.gz: is one of the scans"),
        ("t1 out -n", 2, "error: t1.nii.gz: no result is asked for; name a file to write.\n"),
        ("t1 out -f 2", 2, "error: -f 2: must lie between 0 and 1.\n"),
    ],
)
def test_fault_is_one_sentence_with_an_exit_status_and_leaves_nothing(line, status, text, capsys):
    assert_refused(main, line, status, text, capsys)


def test_brain_and_mask_are_written(toy, capsys):
    assert toy(read, "t1 out -m") == 0
    brain, mask = formats.read("out.nii.gz"), formats.read("out_mask.nii.gz")
    np.testing.assert_array_equal(brain.data, np.where(mask.data, formats.read("t1.nii.gz").data, 0))
    assert capsys.readouterr().err == ""


def test_header_of_the_scan_is_kept(toy):
    assert toy(read, "t1 out") == 0
    scan, brain = (formats.read(name).header.binaryblock for name in ("t1.nii.gz", "out.nii.gz"))
    assert scan == brain


def test_every_frame_of_a_series_is_masked_by_one_mask(toy, tiny_head):
    series = np.stack([tiny_head.data, tiny_head.data // 2], axis=-1)
    formats.write(Volume(series, tiny_head.affine), "bold.nii.gz")
    assert toy(read, "bold out -F") == 0
    brain, mask = formats.read("out.nii.gz"), formats.read("out_mask.nii.gz")
    np.testing.assert_array_equal(brain.data, np.where(mask.data[..., None], series, 0))


def test_line_for_a_scan_is_one_line_whatever_its_name(toy, capsys):
    assert toy(lambda _: read(["t1", "two\nlines"]), "") == 0
    assert capsys.readouterr().out == "t1.nii.gz -> two\\nlines.nii.gz\n"


def test_verbose_reports_the_stages(toy, capsys):
    assert toy(read, "t1 out -v") == 0
    output = capsys.readouterr()
    assert output.out == "t1.nii.gz -> out.nii.gz\n"
    assert "DEBUG: network: " in output.err
    assert "t1" not in output.err


def test_nipype_runs_it_in_place_of_bet(installed, head, folder):
    """Nipype calls ``bet``, reads its outputs from its own rules, and fails if anything is on stderr."""
    fsl = pytest.importorskip("nipype.interfaces.fsl", reason="needs nipype")
    formats.write(head, "head.nii.gz")
    (installed / "bet").symlink_to("deskull-bet")
    bet = fsl.BET(in_file="head.nii.gz", mask=True, robust=True, frac=0.4, output_type="NIFTI_GZ")
    bet.inputs.environ = dict(os.environ) | {"FSLOUTPUTTYPE": "NIFTI_GZ", "PYTHONPATH": os.pathsep.join(sys.path)}
    outputs = bet.run().outputs
    assert Path(outputs.out_file).resolve() == folder / "head_brain.nii.gz"
    assert formats.read(outputs.mask_file).data.any()
