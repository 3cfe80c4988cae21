"""The modules that the module imports, as `sys.modules` holds them inside Slicer."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from tests.slicer.stub import controls, util, vtk
from tests.slicer.stub.nodes import Scene


class Application:
    """`slicer.app`: counts how often it may answer."""

    def __init__(self) -> None:
        self.n_answers = 0

    def processEvents(self) -> None:
        self.n_answers += 1


class Base:
    """Bases of scripted modules: they keep the parent, and a widget has a layout."""

    def __init__(self, parent: Any = None) -> None:
        self.parent, self.layout = parent, controls.Layout()

    def setup(self) -> None:
        pass


def make_modules() -> dict[str, Any]:
    """Return the modules by name, with a new scene."""
    util.shown_errors.clear()
    util.pip_calls.clear()
    scripted = _module(
        "slicer.ScriptedLoadableModule",
        **{f"ScriptedLoadableModule{part}": Base for part in ("", "Logic", "Test", "Widget")},
    )
    slicer = _module(
        "slicer",
        app=Application(),
        mrmlScene=Scene(),
        util=util,
        qMRMLNodeComboBox=controls.NodeComboBox,
        ScriptedLoadableModule=scripted,
    )
    qt = _module(
        "qt",
        QLabel=controls.Control,
        QLineEdit=controls.Control,
        QPushButton=controls.Button,
        QCheckBox=controls.CheckBox,
        QComboBox=controls.ComboBox,
        QDoubleSpinBox=controls.SpinBox,
        QFormLayout=controls.Layout,
    )
    ctk = _module("ctk", ctkCollapsibleButton=controls.Control, ctkSliderWidget=controls.Slider)
    return {
        "slicer": slicer,
        "slicer.util": util,
        "slicer.ScriptedLoadableModule": scripted,
        "vtk": vtk,
        "qt": qt,
        "ctk": ctk,
    }


def _module(name: str, **content: Any) -> ModuleType:
    """Return a module with some content."""
    module = ModuleType(name)
    vars(module).update(content)
    return module
