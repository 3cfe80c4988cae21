"""Stripping: in a thread, while Slicer goes on answering."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

import slicer

from deskull import Result, Stripper
from DeskullLib.volumes import scan_of

_T = TypeVar("_T")
#: Seconds between two times that Slicer may answer.
_INTERVAL = 0.05


@dataclass(frozen=True)
class Settings:
    """What is asked for.

    Attributes
    ----------
    model : str
        Name of a network.
    surface : str
        ``brain`` or ``intracranial``.
    border : float, optional
        In mm; None for the network's own.
    icv : bool
        Whether the intracranial mask is made, too.
    """

    model: str = "default"
    surface: str = "brain"
    border: float | None = None
    icv: bool = False


def strip_node(node: Any, settings: Settings, progress: Callable[[str], object] = lambda text: None) -> Result:
    """Strip a volume of the scene; in memory, no file is written.

    Parameters
    ----------
    node : vtkMRMLScalarVolumeNode
    settings : Settings
    progress : callable
        Called with a line of text several times a second.

    Returns
    -------
    Result
        With its distance computed.

    Raises
    ------
    ModuleError, DeskullError
        If the volume cannot be used, or the settings contradict the network.
    """
    scan = scan_of(node)

    def work() -> Result:
        """Load the network and strip."""
        stripper = Stripper(settings.model)
        result = stripper.strip(scan, border=settings.border, surface=settings.surface, icv=settings.icv)
        _ = result.distance
        return result

    return in_background(work, lambda seconds: progress(f"Stripping {node.GetName()} … {seconds:.0f} s"))


def in_background(work: Callable[[], _T], tick: Callable[[float], object]) -> _T:
    """Do some work in a thread, and let Slicer answer meanwhile.

    The work must not touch the scene: Slicer may be used from its main thread alone.

    Parameters
    ----------
    work : callable
    tick : callable
        Called with the seconds since the start.

    Returns
    -------
    object
        What the work returns; what it raises is raised here.
    """
    start = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        while not future.done():
            tick(time.monotonic() - start)
            slicer.app.processEvents()
            wait([future], timeout=_INTERVAL)
        return future.result()
