"""``deskull serve``: the local web app."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskull.cli.console import needs_extra, print_message, print_note


def serve(
    root: Annotated[
        Path | None,
        typer.Option(help="Folder whose scans can be chosen by their paths on the page.", show_default=False),
    ] = None,
    review: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT",
            help="Folder of results of 'deskull strip' or 'deskull bids' to review; ratings go to its "
            "scans_reviewed.tsv.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Name or address to listen on; by default only this computer can reach the server.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any that is free.")] = 8765,
    work: Annotated[
        Path | None,
        typer.Option(
            help="Folder of uploads, results and the queue; by default a folder in your home directory.",
            show_default=False,
        ),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Serve a page on which scans are dropped, stripped, looked at, edited and reviewed.

    Nothing leaves the computer. The page opens with the printed address, which contains a secret token.
    """
    with needs_extra("web"):
        from deskull.web.server import Server, default_folder
        from deskull.web.service import Settings

    server = Server(Settings(work or default_folder(), root, review, host), port)
    if server.is_public:
        print_message("warning: other computers can reach the server, and the connection is not encrypted.")
    print_note("open in a browser (Ctrl-C ends the server):")
    print(server.address, flush=True)
    if not no_open:
        server.open_browser()
    server.run()
