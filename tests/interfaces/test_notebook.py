"""Notebook: the viewer shows the scan with its mask over it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("ipyniivue", reason="needs ipyniivue (deskull[notebook])")

from deskull.interfaces.notebook import view


def test_viewer_holds_the_scan_and_the_mask_over_it(toy_stripper, tiny_head):
    widget = view(toy_stripper.strip(tiny_head), opacity=0.3)
    assert [Path(volume.path).name for volume in widget.volumes] == ["scan.nii.gz", "mask.nii.gz"]
    assert widget.volumes[1].opacity == pytest.approx(0.3)
