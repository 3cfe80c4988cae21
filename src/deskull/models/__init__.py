"""Networks that ship with deskull or that a user has fetched: each an ONNX file with a card that says what it is."""

from deskull.models.cards import Model, fetched_models, load_model, shipped_models

__all__ = ["Model", "fetched_models", "load_model", "shipped_models"]
