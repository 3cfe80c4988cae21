"""Verdicts: exit statuses and messages with and without ``--strict``."""

from __future__ import annotations

import pytest
import typer

from deskull import UsageError
from deskull.cli.verdicts import Verdicts, check_strict
from deskull.options import QualityCheck
from deskull.quality.verdict import Quality, Verdict

PASS, REVIEW, FAIL = (Quality(verdict) for verdict in (Verdict.passed, Verdict.review, Verdict.failed))
UNJUDGED = Quality.unjudged("Another network.")


def status(*qualities, strict=True, has_failed=False):
    """Exit status after masks a, b and so on."""
    verdicts = Verdicts(strict)
    for name, quality in zip("abc", qualities, strict=False):
        verdicts.add(f"the mask of {name}", quality)
    try:
        verdicts.finish(has_failed=has_failed)
    except typer.Exit as end:
        return end.exit_code
    return 0


@pytest.mark.parametrize(
    ("qualities", "has_failed", "strict", "usual"),
    [
        ((PASS, REVIEW), False, 0, 0), ((), False, 0, 0), ((PASS, FAIL), False, 1, 0), ((PASS, UNJUDGED), False, 3, 0),
        ((None,), False, 3, 0), ((FAIL, UNJUDGED), False, 3, 0), ((PASS,), True, 3, 1), ((FAIL,), True, 3, 1),
    ],
)  # fmt: skip
def test_status_tells_bad_masks_from_scans_and_masks_without_a_verdict(qualities, has_failed, strict, usual):
    assert status(*qualities, has_failed=has_failed) == strict
    assert status(*qualities, has_failed=has_failed, strict=False) == usual


def test_one_bad_mask_is_named(capsys):
    status(FAIL)
    assert capsys.readouterr().err == "error: --strict: the verdict is fail on the mask of a; look at it.\n"


def test_masks_without_a_verdict_are_counted_and_the_first_is_named(capsys):
    status(PASS, UNJUDGED, None)
    number = "2 of 3 masks, the first of them the mask of b"
    assert capsys.readouterr().err == f"error: --strict: there is no verdict on {number}; look at them.\n"


def test_nothing_is_said_of_verdicts_without_strict(capsys):
    status(FAIL, UNJUDGED, strict=False)
    assert capsys.readouterr().err == ""


def test_strict_without_a_judgement_is_refused():
    check_strict(False, QualityCheck.none)
    check_strict(True, QualityCheck.thorough)
    with pytest.raises(UsageError, match="--strict: needs the verdicts that --quality none turns off"):
        check_strict(True, QualityCheck.none)
