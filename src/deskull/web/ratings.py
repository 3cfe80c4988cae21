"""Ratings: what a reviewer says of each mask of a batch, in the table that the report exports, too.

The columns are those of `web/report/src/tsv.ts`, and can be added to a BIDS ``scans.tsv``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deskull.errors import InputError
from deskull.system.atomic import write_bytes
from deskull.web.refusals import RefusedError

COLUMNS = (
    "filename", "verdict", "predicted_dice", "volume_ml", "rating", "verdict_by_reviewer", "comment", "reviewer",
    "time",
)  # fmt: skip
#: Name of the table in the folder of a batch.
TABLE = "scans_reviewed.tsv"
_UNKNOWN = "n/a"
_NUMBERS = ("1", "2", "3", "4", "5")
#: How the table calls the decisions of a reviewer: `edit` cannot be mistaken for the verdict `review` beside it.
_DECISIONS = {"accept": "accept", "review": "edit", "edit": "edit", "reject": "reject"}
_LONGEST_COMMENT = 2000

Cells = dict[str, str]


@dataclass(frozen=True)
class Rating:
    """What a reviewer says of a mask.

    Attributes
    ----------
    rating : str
        ``accept``, ``review``, ``reject``, a number from 1 to 5, or empty.
    comment : str
    """

    rating: str = ""
    comment: str = ""


def parse_rating(fields: Mapping[str, object], before: Rating) -> Rating:
    """Return the rating of a request, in which what is not stated stays.

    Raises
    ------
    RefusedError
        If it is none.
    """
    rating = fields.get("rating", before.rating)
    comment = fields.get("comment", before.comment)
    if not isinstance(rating, str) or rating not in ("", *_NUMBERS, *_DECISIONS):
        raise RefusedError(422, "The rating is unknown; give accept, review, reject, a number from 1 to 5, or nothing.")
    if not isinstance(comment, str) or len(comment) > _LONGEST_COMMENT:
        raise RefusedError(422, f"The comment is no text of at most {_LONGEST_COMMENT} characters; shorten it.")
    return Rating("review" if rating == "edit" else rating, " ".join(comment.split()))


class Ratings:
    """The table of a batch.

    Parameters
    ----------
    path : Path
        It need not exist. Further columns and lines in it are kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Rating]:
        """Return the rating of each scan, by its name.

        Raises
        ------
        InputError
            If the file is another table.
        """
        return {name: _rating_of(cells) for name, cells in self._read()[1].items()}

    def save(self, name: str, rating: Rating, known: Mapping[str, str], reviewer: str) -> None:
        """Save the rating of a scan, atomically.

        Parameters
        ----------
        name : str
        rating : Rating
        known : mapping of str to str
            ``verdict`` and ``predicted_dice`` of the mask.
        reviewer : str
        """
        columns, lines = self._read()
        number = rating.rating if rating.rating in _NUMBERS else ""
        lines[name] = {
            **lines.get(name, {}),
            "filename": name,
            **known,
            "volume_ml": "",  # of the mask that an earlier review in the report was about
            "rating": number,
            "verdict_by_reviewer": _DECISIONS.get(rating.rating, ""),
            "comment": rating.comment,
            "reviewer": reviewer,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_bytes(self._path, _text(columns, list(lines.values())).encode(), overwrite=True)

    def _read(self) -> tuple[list[str], dict[str, Cells]]:
        """Return the columns and the lines of the table."""
        try:
            text = self._path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return list(COLUMNS), {}
        except (OSError, ValueError) as error:
            raise InputError(f"{self._path}: cannot be read ({error}); move it away, or repair it.") from None
        reader = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
        columns = list(reader.fieldnames or [])
        if "filename" not in columns:
            raise InputError(f"{self._path}: is no table of a review (it has no column filename); move it away.")
        lines = {line["filename"]: {key: value for key, value in line.items() if key and value} for line in reader}
        return [*columns, *(name for name in COLUMNS if name not in columns)], lines


def _rating_of(cells: Mapping[str, str]) -> Rating:
    """Return the rating that a line states; a decision counts before a number."""
    word = _DECISIONS.get(cells.get("verdict_by_reviewer", ""))  # the word of the page is taken, too
    decision = next((shown for shown, name in _DECISIONS.items() if name == word), "")
    number = cells.get("rating", "")
    comment = cells.get("comment", "")
    return Rating(decision or (number if number in _NUMBERS else ""), "" if comment == _UNKNOWN else comment)


def _text(columns: Sequence[str], lines: Sequence[Cells]) -> str:
    """Return a table; what is not known is n/a."""
    rows = [[" ".join((line.get(name) or "").split()) or _UNKNOWN for name in columns] for line in lines]
    return "".join("\t".join(row) + "\n" for row in [list(columns), *rows])
