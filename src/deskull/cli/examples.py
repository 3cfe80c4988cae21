"""Examples: command lines that the help of each command ends with."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

#: Command lines with what they do, by command.
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "strip": (
        ("deskull strip scan.nii.gz", "the brain and the mask beside the scan"),
        ("deskull strip scan.nii.gz -o brain.nii.gz -m mask.nii.gz", "in these files"),
        ("deskull strip scans/ -o stripped/ --resume", "a folder, continued if it stopped"),
        ("deskull strip bold.nii.gz --mask-only", "one mask for a series"),
        ("deskull strip study/ --series all -o stripped/", "every series of a DICOM folder"),
    ),
    "bids": (
        ("deskull bids raw/ derivatives/deskull participant", "all anatomical scans"),
        ("deskull bids raw/ derivatives/deskull participant --participant-label 01 02", "two participants"),
        ("deskull bids raw/ derivatives/deskull group", "a table of all masks"),
    ),
    "serve": (
        ("deskull serve", "a page in the browser, on this computer alone"),
        ("deskull serve --root scans/", "scans are chosen by their paths, too"),
        ("deskull serve --review stripped/", "look at, rate and edit the masks of a batch"),
    ),
    "web build": (
        ("deskull web build page/", "a folder for any web server"),
        ("deskull web build page/ --overwrite", "in place of an earlier one"),
    ),
    "report": (
        ("deskull report stripped/", "all scans of a batch, worst first, in stripped/report/"),
        ("deskull report stripped/ -o page/ --viewer", "with a 3-D viewer"),
        ("deskull report derivatives/deskull/ --overwrite", "of 'deskull bids', again"),
        ("deskull report stripped/ --reference good.tsv", "with a section on drift"),
    ),
    "show": (
        ("deskull show scan.nii.gz -o scan.png", "strip and draw"),
        ("deskull show scan.nii.gz mask.nii.gz -o scan.png --stripped", "a mask that exists, and the brain"),
        ("deskull show scan.nii.gz -o scan.jpg --slices 3 --scale 3", "fewer and larger slices"),
    ),
    "check": (
        ("deskull check scan.nii.gz mask.nii.gz", "a mask by any tool, or drawn by hand"),
        ("deskull check scans/ masks/ -o check.tsv --pictures pictures/", "folders, paired by name"),
        ("deskull check scans/ masks/ -o checked/check.tsv --quality-file", "files of quality, for 'deskull drift'"),
        ("deskull check raw/ derivatives/fmriprep --report page/", "the brain masks of BIDS derivatives"),
        ("deskull check pairs.tsv --report page/", "a table with the columns scan and mask"),
    ),
    "rerun": (
        ("deskull rerun stripped/scan_brainmask.json", "reproduce the mask, and compare"),
        ("deskull rerun scan_brainmask.json --scan raw/scan.nii.gz -o again/", "keep the results"),
    ),
    "evaluate": (
        ("deskull evaluate mask.nii.gz reference.nii.gz", "one mask"),
        ("deskull evaluate masks/ references/ --csv scores.csv", "a folder of masks"),
        ("deskull evaluate ours/ references/ --against theirs=theirs/ --html page.html", "two models"),
    ),
    "benchmark": (
        ("deskull benchmark NFBS/ -o bench/", "the shipped network on a public data set"),
        (
            'deskull benchmark NFBS/ -o bench/ --tool "mri_synthstrip -i {input} -m {mask}" --resume',
            "and another tool, continued if it stopped",
        ),
        ("deskull benchmark NFBS/ -o bench/ --model default --model small --fit-border", "two networks"),
    ),
    "drift": (
        ("deskull drift stripped/ --save-reference good.tsv", "a reference of scans that were looked at"),
        ("deskull drift new/ --reference good.tsv -o drift.html", "new scans against it"),
        ("deskull drift stripped/ --by scanner --sidecars raw/", "each scanner against all others"),
        ("deskull drift quality.tsv --by time", "when did something change?"),
    ),
    "train": (
        ("deskull train finetune --data dataset.csv -o run --resume", "from the shipped network"),
        ("deskull train synthesis --data folder/ -o run --sheet samples.png", "look at the images first"),
    ),
    "export": (("deskull export run -o network.onnx", "then: deskull strip --model network.onnx"),),
    "models show": (
        ("deskull models show", "all networks; 'show' may be left out"),
        ("deskull models show small", "one of them"),
    ),
    "models fetch": (
        ("deskull models fetch ours --from https://example.org/models --sha256 HASH", "ours.onnx and ours.json"),
        ("deskull models fetch ours --from net.onnx --sha256 HASH", "a file, with net.json beside it"),
    ),
    "models remove": (("deskull models remove ours", "from this computer"),),
    "info": (("deskull info", "to attach to a bug report"), ("deskull info --json", "for programs")),
    "demo": (("deskull demo -o demo", "no scan is needed"),),
    "data index": (
        ("deskull data index nfbs/ -o nfbs/dataset.csv", "a folder in a known layout"),
        ("deskull data index --table mine.csv -o dataset.csv --folds 5", "a table of your own"),
    ),
    "data prepare": (("deskull data prepare dataset.csv -o cache --recipe finetune", "before training"),),
    "data synthesise-nfbs": (("deskull data synthesise-nfbs nfbs/ --labelmaps labelmaps/", "scans with masks"),),
}


class CommandWithExamples(TyperCommand):
    """A command whose help ends with its examples."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, and the examples below it."""
        super().format_help(ctx, formatter)
        text = examples_text(ctx.command_path)
        if self.rich_markup_mode is None:
            formatter.write(f"\n{text}")
        else:  # rich has printed the help already
            typer.echo(text, color=ctx.color)


def examples_text(path: str) -> str:
    """Return the examples of a command, two lines each: what it does, and the command line.

    Parameters
    ----------
    path : str
        Words that call the command; the first is the program.
    """
    _, _, command = path.rpartition("deskull ")
    lines = [f"  # {purpose}\n  {line}" for line, purpose in EXAMPLES.get(command, ())]
    return "\n".join([" Examples:", *lines]) if lines else ""
