"""Scanner: what DICOM headers say of the machine, under the names and in the spelling of BIDS."""

from __future__ import annotations

from pathlib import Path

from deskull.errors import InputError, printable
from deskull.system.json_files import read_object

#: What is kept of the headers: nothing that tells who the patient is, or where and when the scan was made.
FIELDS = ("Manufacturer", "ManufacturersModelName", "MagneticFieldStrength", "SoftwareVersions")
#: Longest text that is kept, in characters: DICOM allows 64.
_MAX_TEXT = 64


def scanner_facts(sidecar: Path) -> dict[str, str]:
    """Read what the JSON file of dcm2niix says of the scanner.

    Parameters
    ----------
    sidecar : Path
        It repeats texts of headers that may come from strangers.

    Returns
    -------
    dict of str to str
        Values of `FIELDS` as printable texts, the field strength in tesla; those that are missing are left out.
    """
    try:
        content = read_object(sidecar)
    except InputError:
        return {}
    texts = {name: _text(content.get(name)) for name in FIELDS}
    return {name: text for name, text in texts.items() if text}


def _text(value: object) -> str:
    """Return a short text, or a number as text; anything else as none."""
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9):
        return f"{value:g}"
    return printable(value.strip()) if isinstance(value, str) and len(value) <= _MAX_TEXT else ""
