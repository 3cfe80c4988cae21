"""Layouts: how scans and their masks lie in folders. Each finder gives cases, and what was missing.

A problem is one sentence that names a file and says why it is not in the data set; finding goes on.
"""

from __future__ import annotations

import csv
import json
import os
import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from deskull.data.cases import Case, case_of_row, check_names, read_rows, unique_names
from deskull.data.splits import SPLITS, Membership
from deskull.errors import InputError, UsageError
from deskull.formats import split_name
from deskull.formats.bids_names import read_name, subject_label

Found = tuple[list[Case], list[str]]
_FIELD = re.compile(r"\{([A-Za-z]\w*)\}")
_RAW_BIDS = re.compile(r"sub-[^/]+/(ses-[^/]+/)?anat/[^/]+\.nii(\.gz)?")
_MASK_BIDS = re.compile(r"derivatives/(.+/)?[^/]+_desc-brain_mask\.nii(\.gz)?")
#: BIDS folders whose masks belong to other scans than anatomical ones.
_NOT_ANATOMICAL = {"func", "dwi", "perf", "fmap", "pet", "meg", "eeg", "ieeg", "micr", "mrs", "nirs"}


@dataclass(frozen=True)
class Patterns:
    """Where files lie below a folder, with ``{field}`` for what differs (one path part or less).

    Attributes
    ----------
    scan : str
        Holds ``{subject}``, perhaps ``{site}`` and others of any name; ``*`` stands for any text without '/'.
    mask, brain, roi : str
        Fields of `scan` are filled in; only the mask must exist.
    """

    scan: str
    mask: str
    brain: str | None = None
    roi: str | None = None


def find_cases(
    folder: Path | None, layout: str | None = None, patterns: Patterns | None = None, table: Path | None = None
) -> Found:
    """Find the cases of a data set in the way that is asked for.

    Parameters
    ----------
    folder : Path, optional
        Not needed with `table`.
    layout : {"auto", "nfbs", "bids"}, optional
        The default, auto, means bids where there is a dataset_description.json, else nfbs.
    patterns : Patterns, optional
    table : Path, optional

    Raises
    ------
    UsageError
        If two ways, or none, are asked for.
    InputError
        If the folder or table cannot be used.
    """
    if sum(way is not None for way in (layout, patterns, table)) > 1:
        raise UsageError("--layout, --pattern and --table are three ways to find scans; give one of them.")
    if (folder is None) == (table is None):
        raise UsageError("give the FOLDER of the data set, or --table FILE (whose paths start at its own folder).")
    if table is not None:
        return find_table(table)
    assert folder is not None
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; check the path.")
    if patterns is not None:
        return find_pattern(folder, patterns)
    bids = layout == "bids" or (layout != "nfbs" and (folder / "dataset_description.json").exists())
    return find_bids(folder) if bids else find_nfbs(folder)


def _images(folder: Path, problems: list[str]) -> dict[str, Path]:
    """Image files at any depth, by their path below `folder`, in order; hidden ones are left out."""

    def unreadable(error: OSError) -> None:
        """Note a folder that may not be read, and go on."""
        problems.append(f"{error.filename}: may not be read; check its permissions.")

    found: dict[str, Path] = {}
    visited: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True, onerror=unreadable):
        real = os.path.realpath(place)
        folders[:] = [] if real in visited else sorted(name for name in folders if name[0] != ".")
        files = [] if real in visited else sorted(name for name in files if name[0] != ".")
        visited.add(real)
        for path in (Path(place, name) for name in files if split_name(Path(name))[1]):
            if path.exists():
                found[path.relative_to(folder).as_posix()] = path
            else:
                problems.append(f"{path}: is a link to a file that is not there; fetch it or remove the link.")
    return found


def _named(cases: list[Case]) -> list[Case]:
    """The cases with names of their own."""
    names = unique_names([case.raw for case in cases])
    return [replace(case, name=name) for case, name in zip(cases, names, strict=True)]


def find_nfbs(folder: Path) -> Found:
    """Find scans ``X_T1w`` with ``X_T1w_brainmask`` (and ``X_T1w_brain``) beside them, at any depth.

    The subject is the ``sub-`` label in the name. Layout of the NFBS repository (Puccio et al., GigaScience 2016).
    """
    cases, problems = [], list[str]()
    images = _images(folder, problems)
    beside = {(path.parent, split_name(path)[0]): path for path in images.values()}
    for (place, stem), path in beside.items():
        scan, _, kind = stem.rpartition("_")
        if kind == "brainmask" and scan.endswith("_T1w") and (place, scan) not in beside:
            problems.append(f"{path}: has no scan {scan} beside it; restore it or remove the mask.")
        if kind != "T1w":
            continue
        mask, brain = beside.get((place, f"{stem}_brainmask")), beside.get((place, f"{stem}_brain"))
        subject = subject_label(path.relative_to(folder).as_posix())
        if mask is None:
            problems.append(f"{path}: has no mask {stem}_brainmask beside it; add it or use --pattern.")
        elif not subject:
            problems.append(f"{path}: its name tells no subject (sub-...); rename it or use --pattern.")
        else:
            cases.append(Case(stem, subject, path, mask, brain))
    return _named(cases), problems


def find_pattern(folder: Path, patterns: Patterns) -> Found:
    """Find scans by a pattern, and fill what its fields matched into the other patterns.

    A file that is the mask, brain or roi of another never counts as a scan.

    Raises
    ------
    UsageError
        If a pattern cannot be used: no ``{subject}``, an unknown field, a brace too many.
    """
    others = {"mask": patterns.mask, "brain": patterns.brain, "roi": patterns.roi}
    regex = _regex(patterns.scan)
    fill = {kind: _filler(f"--{kind}-pattern", text, regex) for kind, text in others.items() if text}
    problems: list[str] = []
    matches = [
        (path, m.groupdict()) for name, path in _images(folder, problems).items() if (m := regex.fullmatch(name))
    ]
    companions = {_normal(folder / make(fields)) for _, fields in matches for make in fill.values()}
    cases = []
    for path, fields in matches:
        if _normal(path) in companions:
            continue
        files = {kind: folder / make(fields) for kind, make in fill.items()}
        there = {kind: file for kind, file in files.items() if file.exists()}
        if "mask" not in there:
            problems.append(f"{path}: has no mask {files['mask']}; add it or check --mask-pattern.")
            continue
        cases.append(Case("", fields["subject"], path, **there, site=fields.get("site", "")))
    for kind in fill.keys() - {"mask"}:
        if cases and not any(getattr(case, kind) for case in cases):
            warnings.warn(f"--{kind}-pattern {others[kind]}: fits no file; check it.", stacklevel=2)
    return _named(cases), problems


def _normal(path: Path) -> str:
    return os.path.normpath(path)


def _regex(pattern: str) -> re.Pattern[str]:
    """What a scan pattern matches: paths below the folder."""
    if pattern.startswith("/"):
        raise UsageError(f"--pattern {pattern}: starts at /; write it as it goes on below FOLDER.")
    parts, seen = [], set()
    for token in re.split(r"(\{[A-Za-z]\w*\}|\*)", PurePosixPath(pattern).as_posix()):
        field = _FIELD.fullmatch(token)
        if field:
            parts.append(f"(?P={field[1]})" if field[1] in seen else f"(?P<{field[1]}>[^/]+?)")
            seen.add(field[1])
        else:
            parts.append("[^/]*" if token == "*" else re.escape(_literal("--pattern", pattern, token)))
    if "subject" not in seen:
        raise UsageError(f"--pattern {pattern}: needs {{subject}}, because splits are by subject.")
    return re.compile("".join(parts))


def _literal(option: str, pattern: str, text: str) -> str:
    """Refuse braces that hold no field name."""
    if "{" in text or "}" in text:
        raise UsageError(f"{option} {pattern}: has a brace that is no {{field}}; a field is letters in a pair of them.")
    return text


def _filler(option: str, pattern: str, regex: re.Pattern[str]) -> Callable[[dict[str, str]], str]:
    """What fills fields into a pattern."""
    _literal(option, pattern, _FIELD.sub("", pattern))
    if "*" in pattern:
        raise UsageError(f"{option} {pattern}: may hold no *; use a {{field}} of --pattern.")
    for field in _FIELD.findall(pattern):
        if field not in regex.groupindex:
            raise UsageError(f"{option} {pattern}: --pattern has no {{{field}}} to fill in; name the same fields.")
    return lambda fields: _FIELD.sub(lambda match: fields[match[1]], pattern)


def find_table(table: Path) -> Found:
    """Take cases from a CSV file with the columns raw, mask and perhaps brain, roi, subject, site, case.

    Paths are absolute or relative to the table's folder. Without a subject, it is the BIDS ``sub-`` label in
    the scan's name, else the name of the case.

    Raises
    ------
    InputError
        If the file or one of the columns raw and mask is missing, or two cases share a name.
    """
    cases, problems, seen = [], list[str](), set()
    for line, row, case in _table_cases(table):
        missing = [key for key in ("raw", "mask") if not row[key]]
        files = [path for path in (case.raw, case.mask, case.brain, case.roi) if path]
        absent = [] if missing else [path for path in files if not path.exists()]
        if missing:
            problems.append(f"{table}: line {line} has no {missing[0]}; fill it in.")
        elif absent:
            problems.append(f"{table}: line {line} names {absent[0]}, which is not there; correct the path.")
        elif case.raw in seen:
            problems.append(f"{table}: line {line} names {case.raw} again; keep one line a scan.")
        else:
            cases.append(case)
        seen.add(case.raw)
    check_names(cases, table)
    if any(case.subject == case.name and not subject_label(case.raw.name) for case in cases):
        fault = "scans of unknown subject count as subjects of their own; fill in the column subject."
        warnings.warn(f"{table}: {fault}", stacklevel=2)
    return cases, problems


def _table_cases(table: Path) -> Iterator[tuple[int, dict[str, str], Case]]:
    """Line number, row and case of each row, complete or not."""
    rows = read_rows(table, ("raw", "mask"))
    drafts = [case_of_row(table, row, row.get("case", ""), row.get("subject", "")) for _, row in rows]
    scans = list(dict.fromkeys(case.raw for case in drafts))
    names = dict(zip(scans, unique_names(scans), strict=True))
    for (line, row), draft in zip(rows, drafts, strict=True):
        name = draft.name or names[draft.raw]
        yield line, row, replace(draft, name=name, subject=draft.subject or subject_label(draft.raw.name) or name)


def table_splits(table: Path) -> dict[str, Membership]:
    """Splits that a table of `find_table` gives in a column split; {} if it has none.

    Raises
    ------
    InputError
        If a split is unknown, or a subject has two.
    """
    splits: dict[str, Membership] = {}
    for line, row, case in _table_cases(table):
        split = row.get("split", "").lower()
        if not split:
            continue
        if split not in SPLITS:
            raise InputError(f"{table}: line {line} has split '{split}'; it must be {', '.join(SPLITS)}.")
        if splits.setdefault(case.subject, Membership(split, -1)).split != split:
            both = f"{splits[case.subject].split} and {split}"
            raise InputError(f"{table}: subject {case.subject} is in {both}; keep all scans of a subject in one.")
    return splits


def find_bids(folder: Path) -> Found:
    """Find anatomical scans of a BIDS data set with ``desc-brain_mask`` files under derivatives.

    A mask belongs to the scan with its other entities; of several, to the one its sidecar names in Sources or
    RawSources, else to the T1w one. Masks in a standard space are passed over. The site is the column site or
    scanner of participants.tsv. Standard: https://bids-specification.readthedocs.io.
    """
    problems: list[str] = []
    images = _images(folder, problems)
    scans: dict[frozenset[str], list[Path]] = defaultdict(list)
    for name, path in images.items():
        if _RAW_BIDS.fullmatch(name):
            scans[read_name(path).parts].append(path)
    masks: dict[Path, list[Path]] = defaultdict(list)
    masked: set[frozenset[str]] = set()
    for name, path in images.items():
        if _MASK_BIDS.fullmatch(name) and path.parent.name not in _NOT_ANATOMICAL:
            told = len(problems)
            scan = _scan_of(path, scans, problems)
            if scan:
                masks[scan].append(path)
            if scan or len(problems) > told:
                masked.add(read_name(path).session)
    sessions = {read_name(path).session for paths in scans.values() for path in paths}
    for session in sorted(sessions - masked, key=sorted):
        where = " ".join(sorted(session, reverse=True))
        problems.append(f"{folder}: {where} has no desc-brain_mask of its own space under derivatives; make one.")
    return _named(_bids_cases(masks, _sites(folder), problems)), problems


def _bids_cases(masks: dict[Path, list[Path]], sites: dict[str, str], problems: list[str]) -> list[Case]:
    """Cases of scans that have one mask."""
    cases = []
    for scan, found in sorted(masks.items()):
        subject = subject_label(scan.name)
        if len(found) > 1:
            several = " and ".join(str(path) for path in found)
            problems.append(f"{scan}: has {len(found)} masks, {several}; keep one or use --pattern or --table.")
        else:
            cases.append(Case("", subject, scan, found[0], site=sites.get(subject, "")))
    return cases


def _scan_of(mask: Path, scans: dict[frozenset[str], list[Path]], problems: list[str]) -> Path | None:
    """The scan that a mask belongs to; None, with a problem unless it is in a standard space."""
    entities = {part for part in read_name(mask).parts if not part.startswith("desc-")}
    space = next((entity for entity in entities if entity.startswith("space-")), "space-orig")
    found = scans.get(frozenset(entities - {space}), [])
    kinds = {read_name(path).suffix for path in found}
    if space != "space-orig" and space.removeprefix("space-") not in kinds:
        return None
    named = {space.removeprefix("space-")} if space != "space-orig" else kinds & set(_sources(mask))
    found = [path for path in found if read_name(path).suffix in (named or kinds)]
    if len(found) > 1:
        found = [path for path in found if read_name(path).suffix == "T1w"] or found
    if len(found) == 1:
        return found[0]
    fault = f"fits {len(found)} scans; name one in Sources of its .json" if found else "fits no scan; name it like one"
    problems.append(f"{mask}: {fault} or use --pattern or --table.")
    return None


def _sources(mask: Path) -> list[str]:
    """Suffixes of the files that a mask's sidecar says it was made from."""
    try:
        sidecar = json.loads(mask.with_name(f"{split_name(mask)[0]}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(sidecar, dict):
        return []
    lists = [sidecar.get(key) or [] for key in ("Sources", "RawSources")]
    files = [str(item) for value in lists for item in (value if isinstance(value, list) else [value])]
    return [read_name(Path(re.split(r"[/:]", file)[-1])).suffix for file in files]


def _sites(folder: Path) -> dict[str, str]:
    """Site or scanner of each subject, where participants.tsv tells."""
    path = folder / "participants.tsv"
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    sites = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t", restval="", quoting=csv.QUOTE_NONE):
        low = {str(key).lower(): str(value).strip() for key, value in row.items()}
        site = next((low[key] for key in ("site", "scanner") if low.get(key, "n/a") not in ("", "n/a")), "")
        sites[low.get("participant_id", "").removeprefix("sub-")] = site
    return sites
