"""Public data sets of head scans with brain masks: their layouts as published, and what their masks mean.

Where each layout is described is stated in `PublicDataSet.source`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deskull.data.layouts.bids import find_bids
from deskull.data.layouts.files import CasesAndProblems, Listing
from deskull.data.layouts.masks import MaskLayout, find_by_masks
from deskull.data.layouts.nfbs import find_nfbs
from deskull.errors import InputError
from deskull.options import Layout, parse_choice

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PublicDataSet:
    """A data set that anybody can obtain.

    Attributes
    ----------
    name : str
        By which it is chosen, in `deskull benchmark` and `deskull data index`.
    title : str
    layout : str
        Where its files lie, in words.
    masks : str
        How its masks were made, and what they include.
    source : str
        The publication, and where the layout is described.
    find : callable
        Given the files in its folder, returns its cases and problems.
    """

    name: str
    title: str
    layout: str
    masks: str
    source: str
    find: Callable[[Listing], CasesAndProblems]


_SYNTHSTRIP = MaskLayout(
    mask=r"(?P<scan>(?P<subset>[a-z]+)_(?P<modality>[a-z0-9]+)_(?P<person>[^/_]+))/mask",
    scan=r"\g<scan>/image",
    subject=r"\g<subset>_\g<person>",
    case=r"\g<scan>",
    site=r"\g<subset>",
)
_CC359_SCAN = r"(?P<scan>(?P<subject>CC\d{4})_(?P<site>[a-z]+_\d+)_\d+_[MF])"
_LPBA40 = MaskLayout(
    mask=r"(?P<place>(?:[^/]+/)?)(?P<subject>S\d\d)\.native\.brain\.mask",
    scan=r"\g<place>\g<subject>.native.mri",
    subject=r"\g<subject>",
    case=r"\g<subject>",
)
_IXI_PERSON = r"(?P<person>(?P<subject>IXI\d{3})-(?P<site>[A-Za-z]+)-\d+)"
_IXI_TINY = MaskLayout(
    mask=rf"{_IXI_PERSON}_label",
    scan=r"\g<person>_image",
    subject=r"\g<subject>",
    case=r"\g<person>",
    site=r"\g<site>",
)
_IXI = MaskLayout(
    mask=rf"(?P<scan>{_IXI_PERSON}-[A-Za-z0-9]+)_(?:brain|bet_)?_?mask",
    scan=r"\g<scan>",
    subject=r"\g<subject>",
    case=r"\g<scan>",
    site=r"\g<site>",
)


def _cc359(suffix: str) -> MaskLayout:
    """Return the layout of one kind of masks of CC-359, by the end of their names."""
    return MaskLayout(
        mask=rf"{_CC359_SCAN}_{suffix}",
        scan=r"\g<scan>",
        subject=r"\g<subject>",
        case=r"\g<scan>",
        site=r"\g<site>",
    )


_CC359_SOURCE = (
    "Souza et al., NeuroImage 2018 (doi:10.1016/j.neuroimage.2017.08.021); the archives Original.zip, "
    "Silver-standard-machine-learning.zip, Silver-standard-STAPLE.zip and Manual.zip, as their mirror at the Canadian "
    "Open Neuroscience Platform and the loaders of torch-em and others unpack them"
)
_IN_ORIGINAL = "the scans in Original/CC0001_philips_15_55_M.nii.gz"

_DATA_SETS = (
    PublicDataSet(
        Layout.nfbs,
        "NFBS, the Neurofeedback Skull-stripped repository",
        "A000xxxxx/sub-A000xxxxx_ses-NFB3_T1w.nii.gz with _T1w_brainmask and _T1w_brain beside it",
        "BEaST masks corrected by hand: brain with ventricles and the fluid in the sulci.",
        "Puccio et al., GigaScience 2016 (doi:10.1186/s13742-016-0150-5); file names as its page lists them",
        find_nfbs,
    ),
    PublicDataSet(
        Layout.synthstrip,
        "SynthStrip data set 1.5",
        "a folder SUBSET_MODALITY_SUBJECT for each scan, with image.nii.gz and mask.nii.gz",
        "Made by tools and refined by hand, of all contrasts: brain with the fluid around it, which the option "
        "--no-csf of the authors' tool leaves out. A person (ixi_016) has several scans, and counts once.",
        "Hoopes et al., NeuroImage 2022 (doi:10.1016/j.neuroimage.2022.119474); the README of the data set, "
        "'Dataset structure'; the PET and CT scans (CIM) are published as masks only",
        partial(find_by_masks, layout=_SYNTHSTRIP),
    ),
    PublicDataSet(
        Layout.cc359,
        "Calgary-Campinas-359, silver standard by machine learning",
        f"{_IN_ORIGINAL}, the masks in Silver-standard-machine-learning/Silver-standard/..._ss.nii.gz",
        "Predicted by networks that were trained on the consensus of eight automatic tools (Lucena et al., Artificial "
        "Intelligence in Medicine 2019); not drawn by hand, so a difference can be an error of either mask.",
        _CC359_SOURCE,
        partial(find_by_masks, layout=_cc359("ss")),
    ),
    PublicDataSet(
        Layout.cc359_staple,
        "Calgary-Campinas-359, silver standard by consensus",
        f"{_IN_ORIGINAL}, the masks in Silver-standard-STAPLE/.../..._staple.nii.gz",
        "Consensus (STAPLE) of eight automatic tools, a probability that is cut at 0.5; not drawn by hand.",
        _CC359_SOURCE,
        partial(find_by_masks, layout=_cc359("staple")),
    ),
    PublicDataSet(
        Layout.cc359_manual,
        "Calgary-Campinas-359, manual masks",
        f"{_IN_ORIGINAL}, the masks in Manual/..._manual.nii.gz",
        "Drawn by hand, of 12 of the 359 people.",
        _CC359_SOURCE,
        partial(find_by_masks, layout=_cc359("manual")),
    ),
    PublicDataSet(
        Layout.lpba40,
        "LPBA40, the LONI Probabilistic Brain Atlas, native space",
        "S01/S01.native.mri.hdr and .img (or .img.gz), and S01/S01.native.brain.mask.hdr beside them",
        "Made with BSE and corrected by hand. The scans of the delineation space are stripped already and hold no "
        "skull, so the native space is used.",
        "Shattuck et al., NeuroImage 2008 (doi:10.1016/j.neuroimage.2007.09.031); file names as in public code that "
        "reads the download 'LPBA40 Subjects Native Space'",
        partial(find_by_masks, layout=_LPBA40),
    ),
    PublicDataSet(
        Layout.ixi_tiny,
        "IXI Tiny, or the IXI sample data set",
        "image/IXI002-Guys-0828_image.nii.gz and label/IXI002-Guys-0828_label.nii.gz",
        "Made by ROBEX, an automatic tool, and resampled to coarse voxels in the space of a template; nothing is drawn "
        "by hand.",
        "TorchIO, data set IXITiny (Pérez-García et al., Computer Methods and Programs in Biomedicine 2021), and the "
        "README of its use in FLamby",
        partial(find_by_masks, layout=_IXI_TINY),
    ),
    PublicDataSet(
        Layout.ixi,
        "IXI with masks",
        "IXI002-Guys-0828-T1.nii.gz as released, and a mask IXI002-Guys-0828-T1_mask.nii.gz (or _brainmask, "
        "_brain_mask, _bet_mask) anywhere in the folder",
        "IXI is released without masks: theirs are those of whoever made them. Masks refined by hand are in the "
        "SynthStrip data set.",
        "https://brain-development.org/ixi-dataset for the names of the scans",
        partial(find_by_masks, layout=_IXI),
    ),
    PublicDataSet(
        Layout.bids,
        "a BIDS data set",
        "scans in sub-*/anat, masks ..._desc-brain_mask.nii.gz under derivatives",
        "As the data set's own description says.",
        "https://bids-specification.readthedocs.io",
        find_bids,
    ),
)
#: Data sets by name.
PUBLIC_DATA_SETS = {Layout(data_set.name): data_set for data_set in _DATA_SETS}


def listed_data_set(name: str) -> PublicDataSet:
    """Describe a data set that a table lists, of whose masks nothing is known.

    Parameters
    ----------
    name : str
        Of the table.
    """
    meaning = "As whoever made them says; the table does not."
    return PublicDataSet("table", name, "listed in a table", meaning, name, lambda _: ([], []))


def find_public(folder: Path, name: str | None = None) -> tuple[PublicDataSet, CasesAndProblems]:
    """Find the cases of a public data set, of which there must be one.

    Parameters
    ----------
    folder, name
        As in `search`.

    Returns
    -------
    data_set : PublicDataSet
    cases_and_problems : tuple of list of Case and list of str

    Raises
    ------
    UsageError
        If there is no data set of that name.
    InputError
        If the folder is missing, or holds no case.
    """
    data_set, (cases, problems) = search(folder, name)
    if cases:
        return data_set, (cases, problems)
    if name in PUBLIC_DATA_SETS:
        example = f"; the first of {len(problems)} problems: {problems[0]}" if problems else "."
        raise InputError(f"{folder}: holds no case of {name} ({data_set.layout}){example}")
    raise InputError(
        f"{folder}: has none of the known layouts ({', '.join(PUBLIC_DATA_SETS)}); choose one to learn what is "
        "missing, or give a table written by 'deskull data index'."
    )


def search(folder: Path, name: str | None = None) -> tuple[PublicDataSet, CasesAndProblems]:
    """Search a folder for the cases of a public data set.

    Parameters
    ----------
    folder : Path
        Where it was unpacked.
    name : str, optional
        One of `PUBLIC_DATA_SETS`. By default, and with "auto", it is BIDS if there is a ``dataset_description.json``,
        and else the one of whose layout there are the most cases; NFBS if there are none.

    Returns
    -------
    data_set : PublicDataSet
    cases_and_problems : tuple of list of Case and list of str
        There may be no case.

    Raises
    ------
    UsageError
        If there is no data set of that name.
    InputError
        If the folder is missing.
    """
    layout = parse_choice("layout", name or Layout.auto, Layout)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; check the path.")
    if layout is Layout.auto and (folder / "dataset_description.json").exists():
        layout = Layout.bids
    not_bids = [choice for choice in PUBLIC_DATA_SETS if choice is not Layout.bids]
    choices = not_bids if layout is Layout.auto else [layout]
    listing = Listing.of(folder)
    found = {choice: PUBLIC_DATA_SETS[choice].find(listing) for choice in choices}
    best = max(choices, key=lambda choice: len(found[choice][0]))
    _logger.info("%s: has the layout %s, with %d cases", folder, best, len(found[best][0]))
    return PUBLIC_DATA_SETS[best], found[best]
