"""Score the network that looks a second time by its own measures alone, and write the figures on its card.

    python benchmarks/quality/second_score.py MEASURED CARD.json

MEASURED is what `measure.py` wrote with that network. The figures are of the heads among the test cases.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from fit import Table
from scores import ranking

#: This fraction of the good masks may be held back.
_HELD_BACK = 0.03
_MEASURES = ("agreement", "expected_dice")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=Path)
    parser.add_argument("card", type=Path)
    options = parser.parse_args()
    table = Table.read(options.measured / "measures.jsonl")
    heads = table.part((table.column("split") == "test") & table.heads)
    card = json.loads(options.card.read_text())
    card["figures"] = {"test_heads": len(heads.rows)} | {name: figures_of(heads, name) for name in _MEASURES}
    options.card.write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card["figures"], indent=2))


def figures_of(heads: Table, name: str) -> dict[str, float]:
    """Score how well a measure ranks masks, and how many bad ones it finds."""
    values = heads.values[:, heads.names.index(name)]
    known = np.isfinite(values)
    spearman, found = ranking(-values[known], heads.dice[known], _HELD_BACK)
    return {"spearman": round(spearman, 3), "bad_masks_found_at_3_percent_false_alarms": round(found, 3)}


if __name__ == "__main__":
    main()
