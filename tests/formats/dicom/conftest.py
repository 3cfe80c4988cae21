"""Fixtures of the DICOM tests: all are skipped where the libraries are not installed."""

from __future__ import annotations

import pytest

for module in ("pydicom", "highdicom", "dcm2niix"):
    pytest.importorskip(module, reason=f"needs {module} (deskull[dicom])")

from tests.formats.dicom.synthetic import write_series


@pytest.fixture
def folder(tmp_path):
    """A folder with one series of 12 axial slices."""
    write_series(tmp_path / "series")
    return tmp_path / "series"
