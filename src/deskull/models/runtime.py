"""ONNX Runtime, imported so that it sends nothing anywhere.

From version 1.32 on, builds of ONNX Runtime for Linux report their use to Microsoft, and keep a number of the session
in the folder of temporary files, unless the environment variable ``ORT_DISABLE_TELEMETRY`` is set before they are
loaded.
"""

from __future__ import annotations

import os
from types import ModuleType


def import_onnxruntime() -> ModuleType:
    """Import ONNX Runtime with its telemetry turned off.

    Returns
    -------
    module
        `onnxruntime`.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # if somebody else has imported it before
    return onnxruntime  # type: ignore[no-any-return]
