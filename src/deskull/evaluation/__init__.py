"""Evaluation: masks scored against reference masks, and models compared with one another."""
