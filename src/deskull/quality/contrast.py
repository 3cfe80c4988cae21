"""Contrast: which kind of scan it is, guessed from the brightness of fluid, both kinds of tissue and the scalp.

Grey matter lies around white matter, so the brightness 2 to 5 mm below the edge of the mask stands for grey matter, and
that deep inside for white matter; the darkest and the brightest hundredth of the inside stand for fluid. Fat in the
scalp is bright unless it is suppressed, as in echo-planar images.

The limits were chosen by hand on some forty real scans and on synthetic images, with gaps between the contrasts: a scan
that lies in one has no guess.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

import numpy as np

from deskull.preprocessing.intensity import is_ct
from deskull.volume import Volume


class Contrast(enum.StrEnum):
    """Kind of scan."""

    t1w = "T1w"
    t2w = "T2w"
    flair = "FLAIR"
    pd = "PD"
    epi = "EPI or b0"
    ct = "CT"


def guess_contrast(scan: Volume, measures: Mapping[str, float]) -> Contrast | None:
    """Guess the contrast of a scan.

    Parameters
    ----------
    scan : Volume
        3-D, of finite values.
    measures : mapping of str to float
        What `deskull.quality.measures.input_measures` returns.

    Returns
    -------
    Contrast or None
        T1w with a contrast agent counts as T1w. None where the brightness fits no contrast well.
    """
    if is_ct(scan):
        return Contrast.ct
    return contrast_of_mr(measures)


def contrast_of_mr(measures: Mapping[str, float]) -> Contrast | None:
    """Guess the contrast of an MR image by its measures; None where they fit none well."""
    darkest, brightest, skull, scalp = (
        measures.get(name, np.nan) for name in ("darkest", "brightest", "bright_skull", "bright_scalp")
    )
    white, grey = measures.get("bright_core", np.nan), measures.get("bright_cortex", np.nan)
    white_to_grey = white / grey if grey else np.nan
    if not np.isfinite([darkest, brightest, skull, scalp, white_to_grey]).all():
        return None
    has_scalp, no_scalp = scalp > 0.5, skull < 0.35 and scalp < 0.45
    if brightest > 1.6 and white_to_grey < 1:
        return _of_bright_fluid(darkest, has_scalp, no_scalp)
    if darkest < 0.6 and brightest < 1.8:
        return _of_dark_fluid(darkest, white_to_grey)
    if no_scalp:
        return Contrast.epi
    return Contrast.pd if has_scalp and darkest > 0.7 and brightest < 1.35 and white_to_grey < 1 else None


def _of_bright_fluid(darkest: float, has_scalp: bool, no_scalp: bool) -> Contrast | None:
    """Guess where fluid is far brighter than tissue."""
    if no_scalp:
        return Contrast.epi
    return Contrast.t2w if has_scalp and darkest > 0.5 else None


def _of_dark_fluid(darkest: float, white_to_grey: float) -> Contrast | None:
    """Guess where fluid is darker than tissue.

    In FLAIR, grey matter is the brighter one, or both are alike and fluid has no signal at all. Where white matter is
    hardly brighter in T1w, fluid still has signal.
    """
    if white_to_grey < 0.96 or (darkest < 0.17 and white_to_grey < 1.2):
        return Contrast.flair
    return Contrast.t1w if white_to_grey > 1.3 or (white_to_grey > 1.06 and darkest > 0.2) else None
