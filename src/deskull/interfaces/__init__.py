"""Interfaces to neighbours, each an extra of its own: nipype, pydra, notebooks."""
