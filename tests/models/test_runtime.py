"""ONNX Runtime: it is loaded without its telemetry."""

from __future__ import annotations

import os
import subprocess
import sys


def test_loading_a_network_leaves_no_number_of_a_session_behind(tmp_path):
    """ONNX Runtime for Linux keeps one, and reports its use, unless it is told not to before it is loaded."""
    surroundings = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    program = "from deskull.models import load_model; from deskull.models.engine import make_engine; "
    program += "make_engine(load_model('small'), 1, 'onnxruntime', 'cpu')"
    subprocess.run([sys.executable, "-c", program], env=surroundings | {"TMPDIR": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []
