"""``python -m deskull``."""

from deskull.cli import app

app()
