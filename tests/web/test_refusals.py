"""Refusals: every error becomes a status and one sentence."""

from __future__ import annotations

import errno
import pickle

import pytest

from deskull.errors import InputError, OutputError, UsageError
from deskull.web.refusals import RefusedError, refusal_of


def full() -> OutputError:
    """What is raised when a result does not fit on the disk."""
    error = OutputError("a.nii.gz: could not be written.")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RefusedError(413, "Too much."), 413),
        (InputError("a.nii: is damaged."), 422),
        (UsageError("must be less.", parameter="border", value=99.0), 422),
        (OSError(errno.ENOSPC, "No space left on device"), 507),
        (full(), 507),
        (OSError(errno.EIO, "Input/output error"), 500),
        (ZeroDivisionError("patient John"), 500),
    ],
)
def test_error_has_a_status_and_a_sentence(error, status):
    refused = refusal_of(error)
    assert refused.status == status
    assert str(refused).endswith(".")
    assert "John" not in str(refused)


def test_refusal_passes_from_one_process_to_another():
    refused = pickle.loads(pickle.dumps(RefusedError(409, "a: holds 2 series.", {"choices": []})))
    assert (refused.status, str(refused), refused.more) == (409, "a: holds 2 series.", {"choices": []})
