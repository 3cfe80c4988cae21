"""Deskull: skull stripping of a volume of the scene, a scripted module of 3D Slicer 5.10 or later."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)

from DeskullLib.errors import ModuleError, shown_errors
from DeskullLib.installation import default_source, install, installed_version
from DeskullLib.panel import NOTICE, Panel


class Deskull(ScriptedLoadableModule):  # type: ignore[misc]
    """What Slicer is told of the module."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        parent.title = "Deskull"
        parent.categories = ["Segmentation"]
        parent.dependencies = []
        parent.contributors = ["The authors of deskull"]
        parent.helpText = (
            f"Finds the brain in head MRI of any contrast, and says how far the mask can be trusted. {NOTICE}"
        )
        parent.acknowledgementText = "Apache License 2.0, for code and networks."


class DeskullWidget(ScriptedLoadableModuleWidget):  # type: ignore[misc]
    """Connects the panel to what it does."""

    def setup(self) -> None:
        """Build the panel."""
        super().setup()
        self.logic = DeskullLogic()
        self.shown: Any = None
        self.panel = Panel(self.layout, default_source())
        self.panel.show_installed(installed_version())
        self.panel.install_button.connect("clicked(bool)", self.on_install)
        self.panel.strip_button.connect("clicked(bool)", self.on_strip)
        self.panel.slider.connect("valueChanged(double)", self.on_border)

    def on_install(self, _checked: bool = False) -> None:
        """Install deskull from the place that the user named."""
        self._say("Installing deskull …")
        with shown_errors(self._fail):
            version = install(self.panel.source.text)
            self.panel.show_installed(version)
            self._say("")

    def on_strip(self, _checked: bool = False) -> None:
        """Strip the chosen volume."""
        self.panel.strip_button.enabled = False
        try:
            with shown_errors(self._fail):
                self._strip(self.panel.volume.currentNode())
        finally:
            self.panel.strip_button.enabled = True

    def _strip(self, volume: Any) -> None:
        """Strip a volume and show the result."""
        panel = self.panel
        self.shown = self.logic.process(
            volume,
            model=panel.model.currentText,
            surface=panel.surface.currentText,
            border=panel.chosen_border(),
            icv=panel.icv.checked,
            progress=self._say,
        )
        panel.show_border(self.shown.result.provenance.border)
        panel.verdict.text = self.shown.text()
        self._say("")

    def on_border(self, border: float) -> None:
        """Move the segment with the slider."""
        if self.shown is None:
            return
        with shown_errors(self._give_up):
            self.panel.verdict.text = self.shown.move_border(border)

    def _give_up(self, sentence: str) -> None:
        """Say why the border cannot be moved any more."""
        self.shown = None
        self.panel.slider.enabled = False
        self._fail(sentence)

    def _say(self, text: str) -> None:
        """Show what goes on."""
        self.panel.status.text = text

    def _fail(self, sentence: str) -> None:
        """Show an error where it stays, and in a window."""
        self._say(sentence)
        slicer.util.errorDisplay(sentence)


class DeskullLogic(ScriptedLoadableModuleLogic):  # type: ignore[misc]
    """What the module does, for scripts, too."""

    def process(
        self,
        volume: Any,
        model: str = "default",
        surface: str = "brain",
        border: float | None = None,
        icv: bool = False,
        progress: Any = lambda text: None,
    ) -> Any:
        """Strip a volume and add the results to the scene.

        Parameters
        ----------
        volume : vtkMRMLScalarVolumeNode
        model, surface, border, icv
            As in ``deskull.strip``.
        progress : callable
            Called with a line of text.

        Returns
        -------
        DeskullLib.results.SceneResult

        Raises
        ------
        ModuleError, deskull.DeskullError
            If the volume cannot be stripped.
        """
        if installed_version() is None:
            raise ModuleError("deskull is not installed in Slicer's Python; open the section Install deskull.")
        from DeskullLib.results import add_to_scene
        from DeskullLib.stripping import Settings, strip_node

        result = strip_node(volume, Settings(model, surface, border, icv), progress)
        return add_to_scene(result, volume)


class DeskullTest(ScriptedLoadableModuleTest):  # type: ignore[misc]
    """Self-test, run by Slicer: the sample head is stripped, and its segment lies on its voxels."""

    def runTest(self) -> None:
        """Run the test; needs deskull and Slicer's sample data."""
        import SampleData

        slicer.mrmlScene.Clear(0)
        volume = SampleData.SampleDataLogic().downloadMRHead()
        shown = DeskullLogic().process(volume)
        mask = slicer.util.arrayFromSegmentBinaryLabelmap(shown.segmentation, shown.segment, volume)
        assert mask.shape == slicer.util.arrayFromVolume(volume).shape
        assert int(mask.sum()) == int(shown.result.mask.data.sum())
        self.delayDisplay(f"Stripped: {shown.result.volume_ml:.0f} ml")
