"""Evaluation: scores of masks against references."""
