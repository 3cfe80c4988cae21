"""Evidence of real masks: what the package judges them by."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from deskull import Volume
from deskull.pipeline import Stripper
from deskull.quality import judge
from deskull.quality.evidence import Evidence


def collect_evidence(stripper: Stripper, scan: Volume | Path, effort: str) -> Evidence:
    """Strip a scan, and return what its mask was judged by."""
    with patch.object(judge, "assess", wraps=judge.assess) as assess:
        stripper.strip(scan, quality=effort)
    evidence: Evidence = assess.call_args.args[0]
    return evidence
