"""What all training data have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import lightning.pytorch as pl

from deskull.train.recipe import Recipe

#: Given what is prepared, one by one, and its number, yields it again (a progress bar).
Progress = Callable[[Iterator[Any], int], Iterator[Any]]


def no_progress(items: Iterator[Any], _: int) -> Iterator[Any]:
    """Return the items as they are."""
    return items


class TrainingData(pl.LightningDataModule):
    """The data of a training run, as Lightning takes them.

    Samples follow the seed and the epoch, so that a resumed run sees the same ones.

    Attributes
    ----------
    recipe : Recipe
    facts : dict
        What the run records about its data, to notice that a resumed run has others.
    validates : bool
        Whether there is anything to validate on.
    reference_scans : sequence of Path
        Prepared scans with reference masks that are trained on.
    """

    facts: dict[str, Any]
    validates: bool
    reference_scans: Sequence[Path] = ()

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe

    @property
    def epoch(self) -> int:
        """The current epoch of the trainer, 0 without one."""
        return self.trainer.current_epoch if self.trainer else 0

    @property
    def world_size(self) -> int:
        """Number of processes that train together."""
        return self.trainer.world_size if self.trainer else 1
