"""Engine: run a network on this machine with a bounded number of threads.

ONNX Runtime is the default: a third of OpenVINO's size, quicker to start, and the same bytes whatever the
number of threads; its GPU build (``onnxruntime-gpu``) takes a GPU that is there. OpenVINO
(``pip install deskull[openvino]``) computes faster once warm; benchmarks/speed.py measures both.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from deskull.errors import InputError, UsageError
from deskull.models.cards import Model
from deskull.options import Device, EngineName, check_threads, parse_choice
from deskull.system.resources import usable_cores
from deskull.volume import FloatArray


class Engine(Protocol):
    """Something that answers a conformed image with signed distances."""

    def __call__(self, image: FloatArray) -> FloatArray:
        """Signed distances in mm, shape (surfaces, x, y, z), of an image of shape (x, y, z)."""
        ...


def make_engine(model: Model, threads: int, name: str = "onnxruntime", device: str = "auto") -> Engine:
    """Load a network.

    Parameters
    ----------
    model : Model
    threads : int
        Maximum number of threads, from 1 to `deskull.options.MAX_THREADS`. ONNX Runtime uses no
        more than there are usable cores.
    name : {"onnxruntime", "openvino"}
    device : {"auto", "cpu"}
        Whether ONNX Runtime may use a GPU; where it cannot, it uses the CPU.

    Raises
    ------
    UsageError
        If the engine or device is unknown, the engine not installed, or `threads` out of range.
    """
    check_threads(threads)
    engine, device = parse_choice("engine", name, EngineName), parse_choice("device", device, Device)
    try:
        return OnnxRuntime(model, threads, device) if engine is EngineName.onnxruntime else OpenVino(model, threads)
    except (UsageError, InputError):
        raise
    except Exception as error:  # each runtime has exceptions of its own
        reason = " ".join(str(error).split())
        raise UsageError(f"{model.path}: {name} cannot run this network ({reason}); export it again.") from error


class OnnxRuntime:
    """ONNX Runtime in 32-bit floats, on the CPU or, where its GPU build finds one, a GPU."""

    def __init__(self, model: Model, threads: int, device: str = "auto") -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(threads, usable_cores())
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # the arena keeps the peak of the largest scan
        options.log_severity_level = 3
        wanted = ["CPUExecutionProvider"] if device == "cpu" else ["CUDAExecutionProvider", "CPUExecutionProvider"]
        providers = [name for name in wanted if name in onnxruntime.get_available_providers()]
        self._session = onnxruntime.InferenceSession(model.content(), options, providers=providers)

    def __call__(self, image: FloatArray) -> FloatArray:
        """See `Engine`."""
        answer: FloatArray = self._session.run(None, {"image": image[None, None]})[0][0]
        return answer


class OpenVino:
    """OpenVINO on the CPU, in 32-bit floats so that every machine gives about the same answer."""

    def __init__(self, model: Model, threads: int) -> None:
        try:
            import openvino
        except ImportError:
            raise UsageError(
                "is not installed; pip install deskull[openvino].", parameter="engine", value="openvino"
            ) from None
        self._core = openvino.Core()
        self._network = self._core.read_model(model=model.content())
        self._settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._shape: tuple[int, ...] = ()

    def __call__(self, image: FloatArray) -> FloatArray:
        """See `Engine`; compiled anew when the grid's size changes, which is quicker than a dynamic shape."""
        if image.shape != self._shape:
            self._network.reshape({0: [1, 1, *image.shape]})
            self._compiled = self._core.compile_model(self._network, "CPU", self._settings)
            self._shape = image.shape
        return np.array(self._compiled(image[None, None])[0][0])
