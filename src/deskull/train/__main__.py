"""``python -m deskull.train``: make a model. ``run`` trains or goes on, ``sheet`` draws samples, ``export`` ships."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from deskull.errors import DeskullError
from deskull.memory import keep_freed_memory


def run(options: argparse.Namespace) -> None:
    """Train, from the last checkpoint in OUT if there is one."""
    import torch

    from deskull.train.data import Heads
    from deskull.train.lightning import DistanceModule, make_trainer
    from deskull.train.recipe import load_recipe

    recipe = load_recipe(options.recipe)
    if options.steps:
        recipe = replace(recipe, steps=options.steps)
    keep_freed_memory()
    torch.manual_seed(recipe.seed)  # the initial weights; samples have seeds of their own
    trainer = make_trainer(recipe, options.out)
    last = options.out / "last.ckpt"
    trainer.fit(
        DistanceModule(recipe),
        Heads(recipe, options.data, options.cache or options.out / "cache"),
        ckpt_path=last if last.exists() else None,
        weights_only=False,
    )


def sheet(options: argparse.Namespace) -> None:
    """Draw a contact sheet of a recipe's first training samples: look before training."""
    from deskull.report.mosaic import save_picture
    from deskull.train.data import Heads
    from deskull.train.pictures import contact_sheet
    from deskull.train.recipe import load_recipe

    heads = Heads(load_recipe(options.recipe), options.data, options.cache)
    heads.setup()
    dataset = heads.train_dataloader().dataset
    save_picture(contact_sheet([dataset[item] for item in range(options.count)]), options.out, overwrite=True)
    print(options.out)


def ship(options: argparse.Namespace) -> None:
    """Export a checkpoint to ONNX with its card."""
    from deskull.train.export import export

    card = export(options.checkpoint, options.recipe, options.target, options.figures)
    print(f"{options.target}: {card['parameters']} parameters, {card['steps']} steps")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m deskull.train", description=__doc__)
    commands = parser.add_subparsers(required=True)
    train = commands.add_parser("run", help="train a recipe, or go on where a run stopped")
    train.add_argument("recipe", help="name of a shipped recipe, or a YAML file")
    train.add_argument("--data", type=Path, required=True, help="folder with labelmaps/ and labelled/")
    train.add_argument("--out", type=Path, required=True, help="folder for checkpoints and logs")
    train.add_argument("--cache", type=Path, help="folder for prepared anatomies (default: OUT/cache)")
    train.add_argument("--steps", type=int, help="optimiser steps in all, instead of the recipe's")
    train.set_defaults(action=run)
    look = commands.add_parser("sheet", help="draw a contact sheet of a recipe's training samples")
    look.add_argument("recipe")
    look.add_argument("--data", type=Path, required=True)
    look.add_argument("--cache", type=Path, required=True, help="folder for prepared anatomies")
    look.add_argument("--out", type=Path, default=Path("sheet.png"))
    look.add_argument("--count", type=int, default=24)
    look.set_defaults(action=sheet)
    out = commands.add_parser("export", help="write a checkpoint as ONNX with its card")
    out.add_argument("recipe")
    out.add_argument("checkpoint", type=Path)
    out.add_argument("target", type=Path, help="the .onnx file to write")
    out.add_argument(
        "--figures", type=Path, nargs="*", default=[], help="JSON files the benchmarks wrote, for the card"
    )
    out.set_defaults(action=ship)
    options = parser.parse_args()
    try:
        options.action(options)
    except DeskullError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
