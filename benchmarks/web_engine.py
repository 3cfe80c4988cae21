"""Engine of the static page, run in node: builds it, and calls its functions with arrays of NumPy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from deskull import Volume
from deskull.models import Model
from deskull.quality.evidence import Evidence, SecondLook
from deskull.volume import FloatArray

#: Its source.
WEB_ENGINE = Path(__file__).parents[1] / "web" / "engine"


class WebEngineError(Exception):
    """What the engine says of an error; `kind` is "input", "usage", "memory" or "internal"."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def build_library(folder: Path) -> Path:
    """Build the engine as a library for node into a folder."""
    library = folder / "engine.mjs"
    subprocess.run(["node", WEB_ENGINE / "build.mjs", "--library", library], check=True)
    return library


class WebEngine:
    """The engine in a process of node; a context manager.

    Parameters
    ----------
    library : Path
        See `build_library`.
    folder : Path
        Of the arrays that are exchanged.
    """

    def __init__(self, library: Path, folder: Path) -> None:
        command = ["node", WEB_ENGINE / "tests" / "bridge.mjs", library, folder]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        self._folder, self._n_files = folder, 0
        runtime = (WEB_ENGINE / "node_modules" / "onnxruntime-web" / "dist").as_uri()
        self.call("engine.configure", {"wasmPaths": f"{runtime}/"})

    def __enter__(self) -> WebEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a function by the names of its module and itself, as in ``web/engine/tests/exports.ts``.

        Parameters
        ----------
        function : str
        *arguments : object
            What JSON can hold, and arrays; those of several axes are handed over in Fortran order.

        Returns
        -------
        object
            Arrays have one axis, in Fortran order.

        Raises
        ------
        WebEngineError
        """
        written: list[Path] = []
        request = json.dumps(
            {"function": function, "arguments": arguments}, default=lambda value: self._encoded(value, written)
        )
        self._process.stdin.write(request + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline(), object_hook=_decoded)
        for path in written:
            path.unlink()
        if "error" in answer:
            raise WebEngineError(answer["error"]["kind"], answer["error"]["message"])
        return answer["value"]

    def strip(self, scan: Volume, model: Model, second: Model | None = None, **options: Any) -> dict[str, Any]:
        """Strip a scan; see `strip` in ``web/engine/pipeline.ts``."""
        return dict(self.call("strip", as_web_volume(scan), _files(model), options, second and _files(second)))

    def strip_and_judge(
        self, scan: Volume, model: Model, second: Model | None, calibration: Mapping[str, Any] | None, check: str
    ) -> dict[str, Any]:
        """Strip a scan and judge its mask; see `Judging` in ``web/engine/quality/judging.ts``."""
        networks = _files(model), second and _files(second)
        return dict(self.call("stripAndJudge", as_web_volume(scan), *networks, calibration, {}, check))

    def _encoded(self, value: Any, written: list[Path]) -> Any:
        """Write an array to a file, and return what stands for it in JSON."""
        if isinstance(value, np.generic):
            return value.item()
        path = self._folder / f"argument{self._n_files}.bin"
        self._n_files += 1
        path.write_bytes(np.ravel(value, "F").tobytes())
        written.append(path)
        return {"$array": value.dtype.name, "file": str(path)}


def _decoded(value: dict[str, Any]) -> Any:
    """Read the array that an object of JSON stands for."""
    if "$array" not in value:
        return value
    path = Path(value["file"])
    data = np.frombuffer(path.read_bytes(), value["$array"])
    path.unlink()
    return data


def _files(model: Model) -> Mapping[str, str]:
    """Files of a network and its card."""
    return {"onnx": str(model.path), "card": str(model.path.with_suffix(".json"))}


def as_web_volume(scan: Volume) -> dict[str, Any]:
    """Return a 3-D scan as the engine takes it."""
    data = scan.data.astype(np.float64) if scan.dtype.itemsize == 8 else scan.data
    data = data.astype(data.dtype.newbyteorder("="), copy=False)
    affine = [float(number) for number in scan.affine.ravel()]
    geometry = {"shape": list(scan.shape), "affine": affine, "slope": float(scan.slope), "inter": float(scan.inter)}
    return {"values": data, "name": scan.name, **geometry}


def as_web_evidence(evidence: Evidence) -> dict[str, Any]:
    """Return evidence as the engine takes it; see `Evidence` in ``web/engine/types.ts``."""
    looks = {"second": evidence.second, "mirrored": evidence.mirrored}
    grids = {"intracranial": evidence.intracranial}
    return {
        "scan": as_web_volume(evidence.scan),
        "mask": evidence.mask,
        "shape": list(evidence.image.shape),
        "affine": evidence.affine.ravel().tolist(),
        "image": evidence.image,
        "fieldOfView": evidence.field_of_view.astype(np.uint8),
        "distance": evidence.distance,
        "predicted": evidence.predicted,
        "border": evidence.border,
        **{name: array for name, array in grids.items() if array is not None},
        **{name: _as_look(look) for name, look in looks.items() if look is not None},
    }


def _as_look(look: SecondLook) -> dict[str, Any]:
    """Return what the second network says as the engine takes it."""
    fields = {"distance": look.distance, "expectedError": look.expected_error}
    return {"spacing": look.spacing, **{name: _as_field(array) for name, array in fields.items()}}


def _as_field(array: FloatArray) -> dict[str, Any]:
    """Return values with the shape of their own grid."""
    return {"values": array, "shape": list(array.shape)}


def read_calibration() -> dict[str, Any]:
    """Read the files of the package's calibration as the engine takes them."""
    folder = Path(str(resources.files("deskull.quality") / "calibrations"))
    table = json.loads((folder / "default.json").read_text(encoding="utf-8"))
    return {"table": table, "numbers": np.frombuffer((folder / "default.npz").read_bytes(), np.uint8)}
