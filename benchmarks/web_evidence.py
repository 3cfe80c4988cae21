"""Evidence: what the package judges the mask of a scan by, for handing it to the quality of the static page."""

from __future__ import annotations

from unittest.mock import patch

from deskull import Stripper, Volume
from deskull.quality import judge
from deskull.quality.evidence import Evidence


def collect_evidence(stripper: Stripper, scan: Volume, effort: str = "default") -> Evidence:
    """Strip a scan, and return what its mask is judged by."""
    with patch.object(judge, "assess", wraps=judge.assess) as assess:
        stripper.strip(scan, quality=effort)
    evidence: Evidence = assess.call_args.args[0]
    return evidence
