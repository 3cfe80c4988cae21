"""``deskull web build``: the static page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import print_note

app = typer.Typer(no_args_is_help=True)


def build(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the page; it is made if needed.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files of the same names, such as those of an earlier page.")
    ] = False,
) -> None:
    """Write a page that strips scans in the browser, that any web server can host, or that opens on this computer.

    Nothing that is dropped on the page leaves the computer of its user, and after its first visit it works offline.
    """
    from deskull.web.static_site import build_site

    site = build_site(folder, overwrite=overwrite)
    print(f"wrote     {site.folder}: {site.n_files} files, {site.size / 1e6:.0f} MB")
    print_note("put the folder on any web server, or open it on this computer: type")
    print(f"python -m http.server --bind 127.0.0.1 --directory {site.folder} 8000")
    print_note("and open http://localhost:8000")
