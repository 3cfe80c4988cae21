"""Layout of NFBS, the Neurofeedback Skull-stripped repository (Puccio et al., GigaScience 2016)."""

from __future__ import annotations

from deskull.data.cases import Case
from deskull.data.layouts.files import CasesAndProblems, Listing, with_unique_names
from deskull.formats import split_name
from deskull.formats.bids_names import subject_label


def find_nfbs(listing: Listing) -> CasesAndProblems:
    """Find scans ``X_T1w`` with ``X_T1w_brainmask``, and perhaps ``X_T1w_brain``, beside them.

    Parameters
    ----------
    listing : Listing
        Of the data set. The subject is the ``sub-`` label of the scan's name.

    Returns
    -------
    cases : list of Case
    problems : list of str
    """
    cases: list[Case] = []
    problems = list(listing.problems)
    by_stem = {(path.parent, split_name(path)[0]): path for path in listing.images.values()}
    for (place, stem), path in by_stem.items():
        scan, _, suffix = stem.rpartition("_")
        if suffix == "brainmask" and scan.endswith("_T1w") and (place, scan) not in by_stem:
            problems.append(f"{path}: has no scan {scan} beside it; restore the scan or remove the mask.")
        if suffix != "T1w":
            continue
        mask, brain = by_stem.get((place, f"{stem}_brainmask")), by_stem.get((place, f"{stem}_brain"))
        subject = subject_label(path.relative_to(listing.folder).as_posix())
        if mask is None:
            problems.append(f"{path}: has no mask {stem}_brainmask beside it; add it or name the masks by a pattern.")
        elif not subject:
            problems.append(f"{path}: has no subject (sub-...) in its name; rename it or use a pattern.")
        else:
            cases.append(Case(stem, subject, path, mask, brain))
    return with_unique_names(cases), problems
