"""Engine: run a network on this machine with a bounded number of threads.

ONNX Runtime is the default: it is a third of OpenVINO's size, starts faster, and predicts the same bytes again with the
same number of threads (the default network with any number; ``small`` to within 1e-5 mm). Its GPU build
(``onnxruntime-gpu``) uses a GPU if there is one. OpenVINO (the extra ``openvino``) is faster once it is warm;
benchmarks/speed.py measures both.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np

from deskull.errors import DeskullError, UsageError
from deskull.models.cards import Model
from deskull.models.runtime import import_onnxruntime
from deskull.options import Device, EngineName, check_threads, parse_choice
from deskull.system.installation import install_command
from deskull.system.resources import usable_cores
from deskull.volume import FloatArray

#: Axes of the input and the output: batch, channel, x, y, z.
_N_AXES = 5


class Engine(Protocol):
    """Predicts signed distances for a conformed image."""

    def __call__(self, image: FloatArray) -> FloatArray:
        """Return signed distances in mm, shape (surfaces, x, y, z), for an image of shape (x, y, z)."""
        ...


def make_engine(
    model: Model, threads: int, name: str = EngineName.onnxruntime, device: str = Device.auto
) -> CheckedEngine:
    """Load a network.

    Parameters
    ----------
    model : Model
    threads : int
        Maximum number of threads, from 1 to `deskull.options.MAX_THREADS`; no more than the usable cores are used.
    name : {"onnxruntime", "openvino"}
    device : {"auto", "cpu"}
        Whether ONNX Runtime may use a GPU; without one it uses the CPU.

    Raises
    ------
    UsageError
        If the engine or device is unknown, the engine is not installed, `threads` is out of range, or the network
        cannot be loaded or does not have one image as its input and one output.
    InputError
        If the network's file does not match its card.
    """
    check_threads(threads)
    threads = min(threads, usable_cores())
    engine, device = parse_choice("engine", name, EngineName), parse_choice("device", device, Device)
    try:
        if engine is EngineName.onnxruntime:
            return CheckedEngine(model, OnnxRuntime(model, threads, device))
        return CheckedEngine(model, OpenVino(model, threads))
    except DeskullError:
        raise
    except Exception as error:  # each runtime has exceptions of its own
        raise _model_error(model, f"{engine} cannot load it ({_one_line(error)})") from error


class CheckedEngine:
    """An engine whose predictions are checked, so that a wrong network is refused in a sentence.

    Parameters
    ----------
    model : Model
    engine : Engine
    """

    def __init__(self, model: Model, engine: Engine) -> None:
        self._model, self._engine = model, engine

    def __call__(self, image: FloatArray) -> FloatArray:
        """Return what the engine predicts; see `Engine`.

        Raises
        ------
        UsageError
            If the network cannot be run on the image, or its output has a wrong shape or values that are not finite.
        MemoryError
            If there is not enough memory.
        """
        try:
            predicted = self._engine(image)
        except Exception as error:  # each runtime has exceptions of its own
            reason = _one_line(error)
            if isinstance(error, MemoryError) or "alloc" in reason.lower():
                raise MemoryError from error
            raise _model_error(self._model, f"it cannot be run on this scan ({reason})") from error
        stride = self._model.preprocessing.stride
        expected = (len(self._model.surfaces), *(size // stride for size in image.shape))
        if predicted.shape != expected:
            raise _model_error(self._model, f"its output has the shape {predicted.shape} instead of {expected}")
        if not np.isfinite(predicted).all():
            raise _model_error(self._model, "its output has values that are not finite")
        return predicted


class OnnxRuntime:
    """ONNX Runtime in 32-bit floats, on the CPU or, if its GPU build finds one, on a GPU."""

    def __init__(self, model: Model, threads: int, device: str = Device.auto) -> None:
        onnxruntime = import_onnxruntime()

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # it reserves more memory than is used, and grids vary in size
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads would use the cores
        options.log_severity_level = 3
        preferred = (
            ["CPUExecutionProvider"] if device == Device.cpu else ["CUDAExecutionProvider", "CPUExecutionProvider"]
        )
        providers = [name for name in preferred if name in onnxruntime.get_available_providers()]
        self._session = onnxruntime.InferenceSession(model.content(), options, providers=providers)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        _check_axes(model, [len(port.shape) for port in inputs], [len(port.shape) for port in outputs])
        self._input = inputs[0].name
        # Layers share memory during a run, which spares clearing it for each; the largest scan's is not kept.
        self._run_options = onnxruntime.RunOptions()
        self._run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

    def __call__(self, image: FloatArray) -> FloatArray:
        """See `Engine`."""
        predicted: FloatArray = self._session.run(None, {self._input: image[None, None]}, self._run_options)[0][0]
        return predicted


class OpenVino:
    """OpenVINO on the CPU in 32-bit floats, so that every machine predicts about the same."""

    def __init__(self, model: Model, threads: int) -> None:
        self._core = _openvino_core()
        self._network = self._core.read_model(model=model.content())
        inputs, outputs = self._network.inputs, self._network.outputs
        _check_axes(model, [len(port.partial_shape) for port in inputs], [len(port.partial_shape) for port in outputs])
        self._settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._shape: tuple[int, ...] = ()
        self._lock = threading.Lock()

    def __call__(self, image: FloatArray) -> FloatArray:
        """See `Engine`; the network is compiled again for each new shape, which is faster than a dynamic shape.

        A compiled network has one output in memory, so that it serves one thread at a time.
        """
        with self._lock:
            if image.shape != self._shape:
                self._network.reshape({0: [1, 1, *image.shape]})
                self._compiled = self._core.compile_model(self._network, "CPU", self._settings)
                self._shape = image.shape
            return np.array(self._compiled(image[None, None])[0][0])


@cache
def _openvino_core() -> Any:
    """Return OpenVINO's core, one for the whole life of the process.

    Its CPU plugin installs an alternate stack for signal handlers, and frees that stack with the last core but leaves
    it installed: the next signal that Python handles (SIGCHLD in a PyTorch data loader) would end the process.

    Raises
    ------
    UsageError
        If OpenVINO is not installed.
    """
    try:
        import openvino
    except ImportError:
        reason = f"is not installed; {install_command('openvino')}."
        raise UsageError(reason, parameter="engine", value="openvino") from None
    return openvino.Core()


def _check_axes(model: Model, inputs: Sequence[int], outputs: Sequence[int]) -> None:
    """Refuse a network that does not have one image as its input and one as its output.

    Parameters
    ----------
    model : Model
    inputs, outputs : sequence of int
        Number of axes of each input and output.

    Raises
    ------
    UsageError
    """
    for what, axes in (("input", inputs), ("output", outputs)):
        if list(axes) != [_N_AXES]:
            actual = " and ".join(f"{count} axes" for count in axes) or "none"
            raise _model_error(model, f"it needs one {what} of {_N_AXES} axes, but has {actual}")


def _model_error(model: Model, fault: str) -> UsageError:
    """Return the error for a network that cannot be used."""
    return UsageError(f"{fault}; export the network again.", parameter="model", value=str(model.path))


def _one_line(error: Exception) -> str:
    """Return the message of an exception on one line."""
    return " ".join(str(error).split()) or type(error).__name__
