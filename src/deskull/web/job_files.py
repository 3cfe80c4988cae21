"""Files of a job: what lies in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class JobFiles:
    """Names in the folder of a job.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    @property
    def input(self) -> Path:
        """Folder of the files that were sent."""
        return self.folder / "input"

    @property
    def scan(self) -> Path:
        """The 3-D scan for the viewer."""
        return self.folder / "scan.nii.gz"

    @property
    def converted(self) -> Path:
        """The scan as it was read, of sources whose format is not written (DICOM)."""
        return self.folder / "converted.nii.gz"

    def mask(self, suffix: str) -> Path:
        """The mask, in the format of the scan."""
        return self.folder / f"mask{suffix}"

    def distance(self, surface: str) -> Path:
        """Signed distance to a surface in mm."""
        return self.folder / f"distance_{surface}.nii.gz"

    @property
    def quality(self) -> Path:
        """How far the mask can be trusted."""
        return self.folder / "quality.json"

    @property
    def stage(self) -> Path:
        """What is being done at the moment."""
        return self.folder / "stage.json"

    @property
    def edited(self) -> Path:
        """The edited mask, in the format of the viewer."""
        return self.folder / "edited.nii.gz"

    @property
    def edit_record(self) -> Path:
        """Who edited the mask, when, and how many voxels."""
        return self.folder / "edited.json"
