"""BIDS data sets with brain masks under ``derivatives`` (https://bids-specification.readthedocs.io)."""

from __future__ import annotations

import json
import re
import warnings
from collections import defaultdict
from pathlib import Path

from deskull.data.cases import Case
from deskull.data.layouts.files import CasesAndProblems, Listing, with_unique_names
from deskull.data.tables import read_rows
from deskull.errors import InputError
from deskull.formats import split_name
from deskull.formats.bids_names import read_name, subject_label

Scans = dict[frozenset[str], list[Path]]

_RAW = re.compile(r"sub-[^/]+/(ses-[^/]+/)?anat/[^/]+\.nii(\.gz)?")
_MASK = re.compile(r"derivatives/(.+/)?[^/]+_desc-brain_mask\.nii(\.gz)?")
#: Folders whose masks belong to scans that are not anatomical.
_NOT_ANATOMICAL = {"func", "dwi", "perf", "fmap", "pet", "meg", "eeg", "ieeg", "micr", "mrs", "nirs"}
#: The space of a mask on the grid of its own scan.
_OWN_SPACE = "space-orig"
#: Largest sidecar that is read, in bytes; real ones have a few thousand.
_MAX_SIDECAR_BYTES = 1_000_000


def find_bids(listing: Listing) -> CasesAndProblems:
    """Find the anatomical scans of a BIDS data set that have ``desc-brain_mask`` files under ``derivatives``.

    Parameters
    ----------
    listing : Listing
        Of the root of the data set.

    Returns
    -------
    cases : list of Case
        A mask belongs to the scan with the same entities; if there are several, to the one that its sidecar names in
        Sources or RawSources, or else to the T1w scan. Masks in a standard space are ignored. The site is the column
        site or scanner of ``participants.tsv``.
    problems : list of str
    """
    folder, images, problems = listing.folder, listing.images, list(listing.problems)
    scans: Scans = defaultdict(list)
    for name, path in images.items():
        if _RAW.fullmatch(name):
            scans[read_name(path).parts].append(path)
    masks: dict[Path, list[Path]] = defaultdict(list)
    sessions_with_masks: set[frozenset[str]] = set()
    for name, path in images.items():
        if _MASK.fullmatch(name) and path.parent.name not in _NOT_ANATOMICAL:
            n_problems = len(problems)
            scan = _scan_of(path, scans, problems)
            if scan:
                masks[scan].append(path)
            if scan or len(problems) > n_problems:
                sessions_with_masks.add(read_name(path).session)
    sessions = {read_name(path).session for paths in scans.values() for path in paths}
    for session in sorted(sessions - sessions_with_masks, key=sorted):
        name = " ".join(sorted(session, reverse=True))
        problems.append(f"{folder}: {name} has no desc-brain_mask in its own space under derivatives; add one.")
    return with_unique_names(_cases(masks, _sites(folder), problems)), problems


def _cases(masks: dict[Path, list[Path]], sites: dict[str, str], problems: list[str]) -> list[Case]:
    """Return the cases of scans with exactly one mask."""
    cases = []
    for scan, paths in sorted(masks.items()):
        subject = subject_label(scan.name)
        if len(paths) > 1:
            names = " and ".join(str(path) for path in paths)
            problems.append(f"{scan}: has {len(paths)} masks, {names}; keep one, or use a pattern or a table.")
        else:
            cases.append(Case("", subject, scan, paths[0], site=sites.get(subject, "")))
    return cases


def _scan_of(mask: Path, scans: Scans, problems: list[str]) -> Path | None:
    """Return the scan that a mask belongs to; None, with a problem unless the mask is in a standard space."""
    entities = {part for part in read_name(mask).parts if not part.startswith("desc-")}
    space = next((entity for entity in entities if entity.startswith("space-")), _OWN_SPACE)
    candidates = scans.get(frozenset(entities - {space}), [])
    suffixes = {read_name(path).suffix for path in candidates}
    if space == _OWN_SPACE:
        named = suffixes & set(_source_suffixes(mask))
    elif space.removeprefix("space-") in suffixes:
        named = {space.removeprefix("space-")}
    else:
        return None
    candidates = [path for path in candidates if read_name(path).suffix in (named or suffixes)]
    if len(candidates) > 1:
        candidates = [path for path in candidates if read_name(path).suffix == "T1w"] or candidates
    if len(candidates) == 1:
        return candidates[0]
    fault = "matches no scan; give it the entities of its scan"
    if candidates:
        fault = f"matches {len(candidates)} scans; name one in Sources of its .json file"
    problems.append(f"{mask}: {fault}, or use a pattern or a table.")
    return None


def _source_suffixes(mask: Path) -> list[str]:
    """Return the suffixes of the files from which a mask was made, according to its sidecar."""
    sidecar = _read_sidecar(mask.with_name(f"{split_name(mask)[0]}.json"))
    values = [sidecar.get(key) or [] for key in ("Sources", "RawSources")]
    sources = [str(item) for value in values for item in (value if isinstance(value, list) else [value])]
    return [read_name(Path(re.split(r"[/:]", source)[-1])).suffix for source in sources]


def _read_sidecar(path: Path) -> dict[str, object]:
    """Read a JSON sidecar; an unusable one counts as empty, as it only helps to choose between scans."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_SIDECAR_BYTES:
            return {}
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _sites(folder: Path) -> dict[str, str]:
    """Return the site or scanner of each subject in participants.tsv; of an unusable file, a user is warned."""
    path = folder / "participants.tsv"
    if not path.exists():
        return {}
    try:
        rows = read_rows(path, ("participant_id",), delimiter="\t", quoted=False)
    except InputError as error:
        warnings.warn(f"{error} The sites of the subjects remain unknown.", stacklevel=3)
        return {}
    sites = {}
    for _, row in rows:
        by_name = {column.lower(): value for column, value in row.items()}
        known = (by_name[column] for column in ("site", "scanner") if by_name.get(column, "n/a") not in ("", "n/a"))
        sites[row["participant_id"].removeprefix("sub-")] = next(known, "")
    return sites
