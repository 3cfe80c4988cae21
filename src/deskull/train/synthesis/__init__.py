"""Synthesis: images of heads made from label maps."""
