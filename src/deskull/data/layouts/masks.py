"""Layouts in which the name of a mask tells which scan it belongs to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from deskull.data.cases import Case
from deskull.data.layouts.files import CasesAndProblems, Listing, with_unique_names
from deskull.formats import split_name


@dataclass(frozen=True)
class MaskLayout:
    r"""How the names of masks and scans hang together.

    The other texts are templates, in which ``\g<group>`` stands for a group of `mask`.

    Attributes
    ----------
    mask : str
        Regular expression of the path of a mask without its suffix, relative to the folder of the data set. It is
        matched from the start of a folder's or a file's name.
    scan : str
        The scan's path without its suffix, or its end from the start of a folder's or a file's name on.
    subject : str
        The person.
    case : str
        Name of the case; made unique by its folders where two would be equal.
    site : str
        Site, scanner or subset.
    """

    mask: str
    scan: str
    subject: str
    case: str
    site: str = ""


def find_by_masks(listing: Listing, layout: MaskLayout) -> CasesAndProblems:
    """Find the masks of a layout, and the scan of each.

    Parameters
    ----------
    listing : Listing
        Of the data set.
    layout : MaskLayout

    Returns
    -------
    cases : list of Case
        Sorted by the paths of their masks.
    problems : list of str
        Masks without a scan, and those for which there are several.
    """
    problems = list(listing.problems)
    images = _without_data_files(listing.images)
    pattern = re.compile(rf"(?:.*/)?{layout.mask}")
    stems = {name: _stem(name) for name in images}
    by_file_name: dict[str, list[str]] = defaultdict(list)
    for name, stem in stems.items():
        by_file_name[stem.rpartition("/")[2]].append(name)
    cases = []
    for name in sorted(images):
        match = pattern.fullmatch(stems[name])
        if match is None:
            continue
        wanted = match.expand(layout.scan)
        candidates = by_file_name[wanted.rpartition("/")[2]]
        scans = [images[other] for other in candidates if f"/{stems[other]}".endswith(f"/{wanted}")]
        if len(scans) != 1:
            fault = f"has {len(scans)} scans {wanted}" if scans else f"has no scan {wanted}"
            problems.append(f"{images[name]}: {fault}; there must be one in {listing.folder}.")
            continue
        case, subject, site = (match.expand(text) for text in (layout.case, layout.subject, layout.site))
        cases.append(Case(case, subject, scans[0], images[name], site=site))
    return _with_unique_names(cases), problems


def _stem(name: str) -> str:
    """Return a relative path without the suffix of an image."""
    place, slash, file_name = name.rpartition("/")
    return f"{place}{slash}{split_name(Path(file_name))[0]}"


def _without_data_files(images: Mapping[str, Path]) -> dict[str, Path]:
    """Leave out the data files (``.img``) of headers (``.hdr``): both are one image."""
    headers = {_stem(name) for name in images if name.lower().endswith((".hdr", ".hdr.gz"))}
    return {
        name: path
        for name, path in images.items()
        if not (name.lower().endswith((".img", ".img.gz")) and _stem(name) in headers)
    }


def _with_unique_names(cases: list[Case]) -> list[Case]:
    """Keep the names of cases if they are unique, or else make names from the paths of the masks."""
    if len({case.name for case in cases}) == len(cases):
        return cases
    unique = with_unique_names([replace(case, raw=case.mask) for case in cases])
    return [replace(case, name=named.name) for case, named in zip(cases, unique, strict=True)]
