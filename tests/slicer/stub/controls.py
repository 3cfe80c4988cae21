"""Controls of Qt, CTK and Slicer: they keep what they are set to, and call what is connected when it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Control:
    """Any control; properties are plain attributes, as in PythonQt."""

    def __init__(self, text: Any = "") -> None:
        self.text = text
        self.connected: dict[str, Callable[..., object]] = {}
        self.blocked = False

    def connect(self, signal: str, call: Callable[..., object]) -> None:
        self.connected[signal] = call

    def emit(self, signal: str, *values: object) -> None:
        if not self.blocked:
            self.connected[signal](*values)

    def blockSignals(self, blocked: bool) -> bool:
        before, self.blocked = self.blocked, blocked
        return before


class Button(Control):
    """A button."""

    def click(self) -> None:
        assert self.enabled is not False  # type: ignore[attr-defined]
        self.emit("clicked(bool)", False)


class CheckBox(Control):
    """A check box."""

    checked = False


class ComboBox(Control):
    """A box of texts to choose from; the first one is chosen."""

    currentText = ""  # noqa: N815

    def addItem(self, text: str) -> None:
        self.currentText = self.currentText or text


class NodeComboBox(Control):
    """A box of nodes to choose from."""

    node: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        self.scene = scene

    def currentNode(self) -> Any:
        return self.node


class SpinBox(Control):
    """A box for a number."""

    def setRange(self, minimum: float, maximum: float) -> None:
        self.minimum, self.maximum = minimum, maximum


class Slider(Control):
    """A slider; it keeps its value within its ends and tells of a change, unless its signals are blocked."""

    minimum, maximum, _value = 0.0, 100.0, 0.0

    @property
    def value(self) -> float:
        return self._value

    @value.setter
    def value(self, value: float) -> None:
        self._value = min(max(value, self.minimum), self.maximum)
        if self.connected:
            self.emit("valueChanged(double)", self._value)


class Layout:
    """A layout; it takes anything."""

    def __init__(self, _parent: Any = None) -> None:
        self.rows: list[tuple[Any, ...]] = []

    def addRow(self, *parts: Any) -> None:
        self.rows.append(parts)

    def addWidget(self, control: Any) -> None:
        self.rows.append((control,))

    def addStretch(self, _factor: int) -> None:
        pass
