"""Batches: many scans, each stripped whole or reported."""
