"""Intensities: what each class of tissue looks like in each contrast family."""

from __future__ import annotations

from deskull.train.synthesis.tissues import Tissue

T = Tissue
#: Tissues of one class: their mean intensities vary together.
CLASSES: dict[str, tuple[Tissue, ...]] = {
    "white": (T.WHITE, T.CEREBELLUM_WHITE, T.BRAINSTEM, T.OPTIC_NERVE),
    "grey": (T.CORTEX, T.DEEP_GREY, T.CEREBELLUM_CORTEX),
    "fluid": (T.CSF, T.VENTRICLE),
    "soft": (T.SOFT, T.EYE_MUSCLE),
    "fat": (T.SKIN, T.FAT),
    "bone": (T.BONE,),
    "marrow": (T.MARROW,),
    "vein": (T.VEIN,),
    "artery": (T.ARTERY,),
    "eye": (T.EYE,),
    "mucosa": (T.MUCOSA,),
    "cord": (T.CORD,),
    "dura": (T.DURA,),
    "lesion": (T.LESION,),
    "air": (T.AIR,),
}
#: Contrast families with a table of intensities: the columns of `MEAN_INTENSITIES`. EPI stands for b0 and functional
#: scans, T1c for T1w with contrast agent.
FAMILIES = ("T1w", "T1c", "T2w", "FLAIR", "PD", "EPI", "CT")
#: The family without a table: every class has any intensity.
RANDOM = "random"
#: Mean intensity of each class in each family.
#:
#: Unit: fraction of the display range, 0 (black) to 1 (about the brightest tissue); for CT, of the window of -50 to 150
#: Hounsfield units that `deskull.preprocessing.intensity` applies.
#:
#: Source: the project's own estimates of plausible means, by eye; neither measured nor published. Their order within a
#: family matters, their values hardly: every image changes them by a random 0.07 a class and 0.03 a tissue (standard
#: deviations; `ContrastConfig`).
MEAN_INTENSITIES: dict[str, tuple[float, ...]] = {
    #          T1w   T1c   T2w   FLAIR PD    EPI   CT
    "white": (0.78, 0.78, 0.32, 0.48, 0.60, 0.50, 0.39),
    "grey": (0.55, 0.55, 0.48, 0.62, 0.75, 0.62, 0.44),
    "fluid": (0.12, 0.12, 0.95, 0.10, 0.70, 0.95, 0.29),
    "soft": (0.45, 0.45, 0.25, 0.40, 0.50, 0.12, 0.50),
    "fat": (0.90, 0.90, 0.70, 0.75, 0.80, 0.10, 0.04),
    "bone": (0.10, 0.10, 0.08, 0.08, 0.10, 0.05, 1.00),
    "marrow": (0.75, 0.75, 0.50, 0.50, 0.50, 0.08, 0.95),
    "vein": (0.30, 0.95, 0.20, 0.20, 0.30, 0.20, 0.50),
    "artery": (0.25, 0.90, 0.10, 0.15, 0.20, 0.20, 0.48),
    "eye": (0.20, 0.20, 0.95, 0.15, 0.70, 0.90, 0.33),
    "mucosa": (0.60, 0.90, 0.80, 0.70, 0.70, 0.30, 0.42),
    "cord": (0.70, 0.70, 0.35, 0.50, 0.60, 0.40, 0.39),
    "dura": (0.35, 0.80, 0.20, 0.40, 0.40, 0.15, 0.52),
    "lesion": (0.50, 0.80, 0.75, 0.90, 0.80, 0.70, 0.34),
    "air": (0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.00),
}
#: Default relative frequency of each family in training. Source: the project's own choice, about the mix of clinical
#: scans, with more of those that are hard.
FAMILY_WEIGHTS = {
    "T1w": 0.20, "T1c": 0.08, "T2w": 0.20, "FLAIR": 0.10, "PD": 0.07, "EPI": 0.12, "CT": 0.10, RANDOM: 0.13,
}  # fmt: skip
#: Factor of the jitter in a family, where it is not 1: Hounsfield units are the same on every scanner.
JITTER_FACTORS = {"CT": 0.35}


def mean_intensity(tissue_class: str, family: str) -> float:
    """Mean intensity of a class of tissue in a contrast family, 0 to 1.

    Examples
    --------
    >>> mean_intensity("fluid", "T2w")
    0.95
    """
    return MEAN_INTENSITIES[tissue_class][FAMILIES.index(family)]
