"""VTK: a 4 x 4 matrix."""

from __future__ import annotations


class vtkMatrix4x4:  # noqa: N801
    """A matrix, the identity at first."""

    def __init__(self) -> None:
        self._rows = [[float(row == column) for column in range(4)] for row in range(4)]

    def GetElement(self, row: int, column: int) -> float:
        return self._rows[row][column]

    def SetElement(self, row: int, column: int, value: float) -> None:
        self._rows[row][column] = float(value)

    def DeepCopy(self, other: vtkMatrix4x4) -> None:
        self._rows = [list(row) for row in other._rows]
