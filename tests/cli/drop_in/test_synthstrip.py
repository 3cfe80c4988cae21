"""``deskull-synthstrip``: SynthStrip's command lines, files and border."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from deskull import UsageError, formats
from deskull.cli.drop_in.synthstrip import main, read
from deskull.models import load_model
from deskull.options import Device, Frame, Surface
from tests.cli.drop_in.conftest import assert_refused


def asked(line: str):
    """The request of a command line."""
    return read(line.split())


#: Command lines of SynthStrip's manual, of FreeSurfer's help and of pipelines, with the files that they write.
LINES = {
    "-i t1.nii.gz -o stripped.nii.gz": ["stripped.nii.gz"],
    "-i t1.nii.gz -m mask.nii.gz": ["mask.nii.gz"],
    "-i t1.nii.gz -o stripped.nii.gz -m mask.nii.gz": ["stripped.nii.gz", "mask.nii.gz"],
    "--image t1.nii.gz --out s.mgz --mask m.mgz --sdt d.mgz": ["s.mgz", "m.mgz", "d.mgz"],
    "-i t1.nii.gz -o s.nii.gz -m m.nii.gz -t 4 --no-csf -g": ["s.nii.gz", "m.nii.gz"],
    "-i t1.nii.gz -b 0 -o s.nii.gz": ["s.nii.gz"],
    "-i t1.nii.gz -m m.nii.gz --border 2.5 --num-threads 2": ["m.nii.gz"],
    "-i t1.nii.gz -d d.nii.gz --model weights.pt --fill 1": ["d.nii.gz"],
}


#: What is wrong with a border of 50, which is 1 more than that of deskull.
FAR = "stands for a border of 49 mm, which must lie within 10 mm of the surface.\n"


@pytest.mark.parametrize("line", LINES)
def test_command_line_of_the_manual_writes_the_files_that_it_names_and_no_others(toy, line):
    assert toy(read, line) == 0
    assert sorted(os.listdir()) == sorted(["t1.nii.gz", *LINES[line]])


@pytest.mark.parametrize(
    ("options", "surface"), [("", Surface.intracranial), ("--no-csf", Surface.brain)], ids=["with fluid", "without"]
)
@pytest.mark.parametrize("border", [0, 1, 3])
def test_border_of_1_stands_for_that_on_the_card(options, surface, border):
    settings = asked(f"-i a.nii -m m.nii -b {border} {options}").options
    assert settings.surface is surface
    assert settings.border == (None if border == 1 else load_model("default").default_border(surface) + border - 1)


def test_options_for_the_machine_are_kept():
    settings = asked("-i a.nii -m m.nii -t 3").options
    assert (settings.threads, settings.device, settings.frame) == (3, Device.cpu, Frame.each)
    assert asked("-i a.nii -m m.nii -g").options.device is Device.auto


@pytest.mark.parametrize(
    ("options", "ignored"),
    [("-b 2 -g -t 2 -f 0", []), ("-f -1", ["--fill"]), ("--model synthstrip.1.pt --fill 5", ["--fill", "--model"])],
)
def test_options_without_meaning_are_named(options, ignored):
    assert asked(f"-i a.nii -o b.nii {options}").ignored == ignored


def test_command_line_without_a_result_is_refused():
    with pytest.raises(UsageError, match=r"^a.nii: no result is asked for; name a file to write.$"):
        asked("-i a.nii")


@pytest.mark.parametrize("line", ["-o b.nii", "-i a.nii -o b.nii --nonsense", "-i a.nii -o b.nii -b wide", "", "-i  "])
def test_wrong_command_line_is_one_sentence_with_exit_status_2(line, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(line.split())
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.endswith("; deskull-synthstrip --help lists the options.\n")
    assert error.count("\n") == 1


def test_brain_mask_and_distance_are_written(toy_model, capsys):
    line = f"-i t1.nii.gz -o s.nii.gz -m m.nii.gz -d d.nii.gz -b 0.5 --model {toy_model}"
    assert main(line.split()) == 0
    brain, mask, distance = (formats.read(f"{name}.nii.gz") for name in "smd")
    np.testing.assert_array_equal(distance.values() < -0.5, mask.data > 0)
    np.testing.assert_array_equal(brain.data, np.where(mask.data, formats.read("t1.nii.gz").data, 0))
    assert capsys.readouterr() == ("t1.nii.gz -> m.nii.gz, s.nii.gz, d.nii.gz\n", "")


def test_existing_results_are_replaced(toy_model):
    Path("s.nii.gz").write_bytes(b"old")
    assert main(f"-i t1.nii.gz -o s.nii.gz --model {toy_model}".split()) == 0
    assert Path("s.nii.gz").read_bytes() != b"old"


def test_scan_is_not_replaced(toy_model, capsys):
    before = Path("t1.nii.gz").read_bytes()
    assert main(f"-i t1.nii.gz -o ../{Path.cwd().name}/t1.nii.gz --model {toy_model}".split()) == 2
    assert "is one of the scans" in capsys.readouterr().err
    assert Path("t1.nii.gz").read_bytes() == before


@pytest.mark.parametrize(
    ("line", "status", "text"),
    [
        ("-i none.nii.gz -o b.nii.gz", 1, "error: none.nii.gz: no such file; check the path.\n"),
        ("-i t1.nii.gz -o b.txt", 2, "error: b.txt: nothing is written with this ending; use .nii.gz, "),
        ("-i t1.nii.gz -o b.nii -m b.nii", 2, "error: b.nii: is named for two results; give each a file of its own.\n"),
        ("-i t1.nii.gz -o b.nii -b 50", 2, f"error: -b 50: {FAR}"),
        ("-i t1.nii.gz -o b.nii --border 11.5", 2, f"error: --border 11.5: {FAR.replace('49', '10.5')}"),
        ("-i t1.nii.gz -o b.nii -t 0", 2, "error: --threads 0: must be at least 1"),
    ],
)
def test_fault_is_one_sentence_with_an_exit_status_and_leaves_nothing(line, status, text, capsys):
    assert_refused(main, line, status, text, capsys)


def test_warning_is_one_line(toy_model, capsys):
    assert main(f"-i t1.nii.gz -o b.nii -f 5 --model {toy_model}".split()) == 0
    assert capsys.readouterr().err == "warning: --fill: ignored; deskull has no such option.\n"


def test_version_is_printed(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("deskull 0.")


def test_pipeline_needs_one_word_changed(installed, folder):
    """A shell script that calls SynthStrip and goes on with its files."""
    script = """set -e
mkdir -p derivatives
mri_synthstrip -i t1.nii.gz -o derivatives/t1_strip.nii.gz -m derivatives/t1_mask.nii.gz --no-csf -t 1
test -s derivatives/t1_strip.nii.gz
"""
    script = script.replace("mri_synthstrip", "deskull-synthstrip")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert formats.read(folder / "derivatives" / "t1_mask.nii.gz").data.any()
