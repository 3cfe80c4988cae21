"""Measures: names and units in words: those of deskull as its reasons call them, others from their names in files."""

from __future__ import annotations

from deskull.quality.wording import known_words

#: Endings of names, and the units that they mean.
_UNITS = {"mm": "mm", "ml": "ml", "mm2": "mm²", "percent": "%", "seconds": "s", "s": "s", "degrees": "°"}
_NAMES = {"predicted_dice": "predicted Dice"}


def split_unit(name: str) -> tuple[str, str]:
    """Split the name of a measure into words and its unit.

    Parameters
    ----------
    name : str
        As in files, for instance ``input.blur_mm``.

    Returns
    -------
    words, unit : str
        The unit is "" if the name states none.

    Examples
    --------
    >>> split_unit("blur_mm"), split_unit("contrast"), split_unit("bright_core")
    (('blur', 'mm'), ('contrast', ''), ('brightness deep inside', ''))
    """
    if name in _NAMES:
        return _NAMES[name], ""
    if known := known_words(name):
        return known[0], known[1].strip()
    words, _, ending = name.rpartition("_")
    if words and ending in _UNITS:
        return words.replace("_", " "), _UNITS[ending]
    return name.replace("_", " "), ""


def label(name: str) -> str:
    """Return the words of a measure, followed by its unit in parentheses if there is one.

    Examples
    --------
    >>> label("blur_mm")
    'blur (mm)'
    """
    words, unit = split_unit(name)
    return f"{words} ({unit})" if unit else words


def with_unit(name: str, value: float) -> str:
    """Return a value of a measure with three significant digits, a true minus sign and the unit.

    Examples
    --------
    >>> with_unit("blur_mm", -1.2345), with_unit("volume_ml", 1234.5)
    ('−1.23 mm', '1,234 ml')
    """
    unit = split_unit(name)[1]
    number = f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"
    return f"{number} {unit}".strip().replace("-", "−", 1 if value < 0 else 0)
