"""Imports nibabel without pydicom, for the command line alone: every command starts 0.15 s sooner.

nibabel imports pydicom, where it is installed, to parse a rare extension of NIfTI headers, which deskull copies as it
is. pydicom is imported as usual when a DICOM file is read.
"""

from __future__ import annotations

import sys

if "nibabel" not in sys.modules and "pydicom" not in sys.modules:
    sys.modules["pydicom"] = None  # type: ignore[assignment]
    try:
        import nibabel  # noqa: F401
    finally:
        del sys.modules["pydicom"]
