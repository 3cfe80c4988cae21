"""Pairs: a mask and the scan that it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Files that a message names before the rest is only counted.
_N_NAMED = 3


@dataclass(frozen=True)
class Pair:
    """A scan and a mask that was made of it.

    Attributes
    ----------
    scan, mask : Path
    """

    scan: Path
    mask: Path


@dataclass(frozen=True)
class Pairing:
    """What is to be checked.

    Attributes
    ----------
    pairs : tuple of Pair
    faults : tuple of str
        One sentence for each mask or row that cannot be checked.
    left_out : tuple of str
        One sentence for scans and masks that have no partner.
    """

    pairs: tuple[Pair, ...]
    faults: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def scans_without_mask(scans: list[Path], masks: Path) -> tuple[str, ...]:
    """Return one sentence on scans that have no mask; none if all have one.

    Parameters
    ----------
    scans : list of Path
    masks : Path
        The folder in which they have none.
    """
    if not scans:
        return ()
    if len(scans) == 1:
        return (f"{scans[0]}: has no mask in {masks}; it is left out.",)
    named = ", ".join(path.name for path in scans[:_N_NAMED])
    more = f" and {len(scans) - _N_NAMED} more" if len(scans) > _N_NAMED else ""
    return (f"{masks}: has no mask of {len(scans)} scans ({named}{more}); they are left out.",)
