"""Panel: the controls of the module. It knows nothing of deskull, which may not be installed yet."""

from __future__ import annotations

from typing import Any

import ctk
import qt
import slicer

NOTICE = "For research only; deskull is not a medical device. Look at every mask."
#: Ends of the slider in mm. Below the lower one the box of the border stands for the network's own border.
_MOST_MM = 5.0
_STEP_MM = 0.05
_OWN = "the network's own"


class Panel:
    """The controls.

    Attributes
    ----------
    source, install_button
        Where deskull is installed from.
    volume, model, surface, border, icv, strip_button
        What is stripped, and how.
    slider
        The border of the mask that is shown, in mm.
    status, verdict
        What goes on, and what is said of the mask.
    """

    def __init__(self, layout: Any, source: str) -> None:
        """Build the controls.

        Parameters
        ----------
        layout : qt.QVBoxLayout
            Where they are put.
        source : str
            Proposed place to install deskull from.
        """
        self._build_installation(layout, source)
        self._build_settings(layout)
        self._build_result(layout)
        layout.addWidget(_label(NOTICE))
        layout.addStretch(1)
        self.show_installed(None)

    def _build_installation(self, layout: Any, source: str) -> None:
        """Build the section that installs deskull."""
        self._installation, form = _section(layout, "Install deskull")
        self.source = qt.QLineEdit(source)
        self.source.placeholderText = "folder, wheel, or address of your package index"
        self.install_button = qt.QPushButton("Install")
        self.install_button.toolTip = "Installs deskull and about 100 MB of libraries in Slicer's Python; no PyTorch."
        self.installed = _label("")
        form.addRow("From:", self.source)
        form.addRow(self.install_button)
        form.addRow(self.installed)

    def _build_settings(self, layout: Any) -> None:
        """Build the section that says what is stripped, and how."""
        self._settings, form = _section(layout, "Strip")
        self.volume = slicer.qMRMLNodeComboBox()
        self.volume.nodeTypes = ["vtkMRMLScalarVolumeNode"]
        self.volume.addEnabled = self.volume.removeEnabled = False
        self.volume.setMRMLScene(slicer.mrmlScene)
        self.model = _choices("default", "small")
        self.surface = _choices("brain", "intracranial")
        self.border = qt.QDoubleSpinBox()
        self.border.setRange(-_MOST_MM - _STEP_MM, _MOST_MM)
        self.border.singleStep, self.border.decimals, self.border.suffix = _STEP_MM, 2, " mm"
        self.border.specialValueText = _OWN
        self.border.value = -_MOST_MM - _STEP_MM
        self.icv = qt.QCheckBox("Intracranial mask, too")
        self.strip_button = qt.QPushButton("Strip")
        for name, control in (
            ("Volume:", self.volume),
            ("Network:", self.model),
            ("Surface:", self.surface),
            ("Border:", self.border),
        ):
            form.addRow(name, control)
        form.addRow(self.icv)
        form.addRow(self.strip_button)

    def _build_result(self, layout: Any) -> None:
        """Build the section of the result."""
        self._result, form = _section(layout, "Result")
        self.status = _label("")
        self.slider = ctk.ctkSliderWidget()
        self.slider.minimum, self.slider.maximum = -_MOST_MM, _MOST_MM
        self.slider.singleStep, self.slider.decimals, self.slider.suffix = _STEP_MM, 2, " mm"
        self.slider.toolTip = "Where the mask ends; negative values lie inside the surface."
        self.slider.enabled = False
        self.verdict = _label("")
        form.addRow(self.status)
        form.addRow("Border:", self.slider)
        form.addRow(self.verdict)

    def show_installed(self, version: str | None) -> None:
        """Show whether deskull is installed; without it nothing can be stripped."""
        self.installed.text = f"deskull {version} is installed." if version else "deskull is not installed yet."
        self._installation.collapsed = version is not None
        self.strip_button.enabled = version is not None

    def show_border(self, border: float) -> None:
        """Set the slider to a border without telling anybody, and let the user move it."""
        blocked = self.slider.blockSignals(True)
        self.slider.minimum, self.slider.maximum = min(-_MOST_MM, border), max(_MOST_MM, border)
        self.slider.value = border
        self.slider.blockSignals(blocked)
        self.slider.enabled = True

    def chosen_border(self) -> float | None:
        """Return the border to strip with; None for the network's own."""
        value = float(self.border.value)
        return None if value < -_MOST_MM else value


def _section(layout: Any, title: str) -> tuple[Any, Any]:
    """Add a section that can be folded; returns it and the layout of its rows."""
    section = ctk.ctkCollapsibleButton()
    section.text = title
    layout.addWidget(section)
    return section, qt.QFormLayout(section)


def _choices(*names: str) -> Any:
    """Return a box with names to choose from."""
    box = qt.QComboBox()
    for name in names:
        box.addItem(name)
    return box


def _label(text: str) -> Any:
    """Return a text that wraps."""
    label = qt.QLabel(text)
    label.wordWrap = True
    return label
