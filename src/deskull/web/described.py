"""What a page is told of deskull, whether a server tells it or a file beside the page."""

from __future__ import annotations

from typing import Any

from deskull.models.cards import Model

NOTICE = "For research only. deskull is not a medical device: look at every mask before you use it."


def described_model(name: str, model: Model) -> dict[str, Any]:
    """Return what a page is told of a network."""
    return {
        "name": name,
        "description": str(model.card.get("description", "")),
        "surfaces": model.surfaces,
        "default_border_mm": {surface: model.default_border(surface) for surface in model.surfaces},
    }
