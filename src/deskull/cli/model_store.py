"""``deskull models fetch`` and ``deskull models remove``: a group's own networks, under names of their own."""

from __future__ import annotations

from typing import Annotated

import typer


def fetch(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the model is called from then on.", show_default=False)
    ],
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="URL|PATH",
            help="An .onnx file, or a folder with NAME.onnx; the card lies beside it and has the same name with .json.",
            show_default=False,
        ),
    ],
    sha256: Annotated[
        str,
        typer.Option("--sha256", metavar="HASH", help="SHA-256 that the .onnx file must have.", show_default=False),
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a model that was fetched before.")] = False,
) -> None:
    """Fetch a network with its card, check both, and keep them for 'deskull strip --model NAME'.

    No other command fetches anything.
    """
    from deskull.models.fetching import fetch as fetch_model

    model = fetch_model(name, source, sha256, overwrite=overwrite)
    print(f"{name}: fetched, SHA-256 as given -> {model.path}")


def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a fetched model.", show_default=False)],
) -> None:
    """Remove a fetched model from this computer."""
    from deskull.models.fetching import remove as remove_model

    remove_model(name)
    print(f"{name}: removed")
