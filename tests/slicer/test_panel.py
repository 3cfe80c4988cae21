"""The panel of the module: what a user does, and what is shown."""

from __future__ import annotations

import numpy as np
import pytest

from deskull.demo import make_head
from tests.slicer.conftest import add_volume


@pytest.fixture
def widget(slicer):
    """The widget with its panel."""
    from Deskull import DeskullWidget

    made = DeskullWidget()
    made.setup()
    return made


@pytest.fixture
def volume(slicer):
    """A head of 4 mm in the scene."""
    head = make_head(voxel_size=4)
    return add_volume(slicer, "T1", np.ascontiguousarray(head.data.T), head.affine)


def test_chosen_volume_is_stripped_and_the_slider_moves_its_segment(slicer, widget, volume):
    panel = widget.panel
    panel.volume.node, panel.model.currentText, panel.surface.currentText = volume, "small", "intracranial"
    panel.strip_button.click()
    assert slicer.util.shown_errors == []
    shown = widget.shown
    assert shown.result.provenance.surface == "intracranial"
    assert panel.slider.value == shown.result.provenance.border
    assert f"{shown.result.volume_ml:,.0f} ml" in panel.verdict.text
    panel.slider.value = -3.0
    voxels = shown.segmentation.GetSegmentation().GetSegment("brain").voxels
    assert 0 < voxels.sum() < shown.result.mask.data.sum()
    assert "at -3 mm" in panel.verdict.text


def test_slider_of_a_removed_volume_says_so_once(slicer, widget, volume):
    panel = widget.panel
    panel.volume.node, panel.model.currentText = volume, "small"
    panel.strip_button.click()
    slicer.mrmlScene.RemoveNode(volume)
    panel.slider.value = 1.0
    panel.slider.value = 2.0
    assert len(slicer.util.shown_errors) == 1
    assert "strip the volume again" in panel.status.text
    assert panel.slider.enabled is False


def test_without_a_volume_the_user_is_told_to_load_one(slicer, widget):
    widget.panel.strip_button.click()
    assert slicer.util.shown_errors == ["There is no volume to strip; load a head scan and choose it."]
    assert widget.panel.strip_button.enabled


def test_error_of_deskull_is_shown_as_its_sentence(slicer, widget):
    node = add_volume(slicer, "flat", np.full((40, 40, 40), 7, np.int16), np.diag([4.0, 4.0, 4.0, 1.0]))
    widget.panel.volume.node = node
    widget.panel.strip_button.click()
    [sentence] = slicer.util.shown_errors
    assert sentence.startswith("flat: every voxel has the same value")


def test_unforeseen_error_is_shown_and_logged(slicer, widget, monkeypatch, caplog):
    def fail(*args, **settings):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(widget.logic, "process", fail)
    widget.panel.strip_button.click()
    [sentence] = slicer.util.shown_errors
    assert "ZeroDivisionError: division by zero" in sentence
    assert "Traceback" in caplog.text


def test_border_below_its_range_stands_for_that_of_the_network(widget):
    assert widget.panel.chosen_border() is None
    widget.panel.border.value = -1.5
    assert widget.panel.chosen_border() == -1.5


def test_without_deskull_nothing_is_stripped_until_it_is_installed(slicer, widget, monkeypatch):
    import Deskull

    widget.panel.show_installed(None)
    assert not widget.panel.strip_button.enabled
    monkeypatch.setattr(Deskull, "install", lambda source: "0.1.0")
    widget.panel.install_button.enabled = True
    widget.panel.install_button.click()
    assert widget.panel.strip_button.enabled
    assert widget.panel.installed.text == "deskull 0.1.0 is installed."
