"""Drift: whether the scans of a cohort, and the masks made of them, differ from those of a reference.

Input drift (the scans) and output drift (the masks) are tested apart, because a shift of the scans is no loss of
accuracy: a network may handle them well. `deskull.quality.drift.verdict` puts the two together.
"""
