"""Networks that ship with deskull: each an ONNX file with a card that says what it is."""

from deskull.models.cards import Model, load_model, shipped_models

__all__ = ["Model", "load_model", "shipped_models"]
