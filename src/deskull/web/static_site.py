"""Static page: the page of ``deskull serve`` as a folder of files, with the networks run by the browser.

The programs are built from ``web/site`` and ship with deskull. The networks, the style, the viewer and the demo scan
are those of the package, so that a page is of one version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from deskull import formats
from deskull._version import __version__
from deskull.demo import make_head
from deskull.errors import OutputError, UsageError
from deskull.models.cards import Model, shipped_models
from deskull.quality.second import second_model
from deskull.system.atomic import Transaction
from deskull.web.described import NOTICE, described_model

#: Files of the page, by what lies in the package.
_PROGRAMS = (
    "site.js", "files_worker.js", "engine_worker.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm",
    "dcm2niix_worker.js", "dcm2niix.js", "dcm2niix.wasm",
)  # fmt: skip
_SHARED = {"app.css": "deskull.web", "icon.svg": "deskull.web", "niivue.js": "deskull.report"}
#: What a browser takes in: arrays have at most 2 GB, and a file is smaller than its voxels or little larger.
_LIMITS = {"file_bytes": 2_000_000_000, "files": 20_000, "queue": 500}
_DEMO = "demo_head.nii.gz"
#: The demo scan has voxels of this many mm, so that it is a few megabytes at most.
_DEMO_VOXEL_MM = 2


@dataclass(frozen=True)
class Site:
    """A page that was written.

    Attributes
    ----------
    folder : Path
    n_files : int
    size : int
        Of all files, in bytes.
    """

    folder: Path
    n_files: int
    size: int


def build_site(folder: Path, *, overwrite: bool = False) -> Site:
    """Write the static page into a folder: all of it or nothing.

    Parameters
    ----------
    folder : Path
        It is made if needed. Other files in it stay.
    overwrite : bool
        Whether files of the same names may be replaced, such as those of an earlier page.

    Returns
    -------
    Site

    Raises
    ------
    UsageError
        If the programs of the page are missing from this installation.
    OutputError
        If a file exists and may not be replaced, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file, not a folder; choose another name.")
    contents = _contents()
    paths = {folder / name: content for name, content in contents.items()}
    with Transaction(paths, overwrite=overwrite) as transaction:
        for path, content in paths.items():
            with transaction.writing(path) as partial:
                partial.write_bytes(content)
    return Site(folder, len(paths), sum(map(len, paths.values())))


def _contents() -> dict[str, bytes]:
    """Return the content of every file of the page, by its name in the folder."""
    models = shipped_models()
    files = {"index.html": _site("index.html"), "settings.json": _settings(models), _DEMO: _demo()}
    files |= {f"assets/{name}": _site(name) for name in _PROGRAMS}
    files |= {f"assets/{name}": _asset(package, name) for name, package in _SHARED.items()}
    files["assets/LICENSES.txt"] = _asset("deskull.report", "LICENSES.txt") + b"\n\n" + _site("LICENSES.txt")
    files |= {f"models/{model.path.name}": model.content() for model in models}
    files |= _calibrations()
    return files | {"service_worker.js": _service_worker(files)}


def _site(name: str) -> bytes:
    """Return a file that was built from ``web/site``."""
    return _read(resources.files("deskull.web") / "site" / name, name)


def _asset(package: str, name: str) -> bytes:
    """Return an asset of another page."""
    return _read(resources.files(package) / "assets" / name, name)


def _read(path: object, name: str) -> bytes:
    """Return the content of a file of the package.

    Raises
    ------
    UsageError
        If it is missing.
    """
    try:
        return Path(str(path)).read_bytes()
    except OSError:
        raise UsageError(
            f"{name}: is missing from this installation; install deskull again, or run 'make web'."
        ) from None


def _settings(models: list[Model]) -> bytes:
    """Return what the page is told of this version."""
    told = [{**described_model(model.path.stem, model), "card": _card(model)} for model in models]
    second = _card(second_model())
    settings = {"version": __version__, "notice": NOTICE, "limits": _LIMITS, "models": told, "second": second}
    return json.dumps(settings).encode()


def _card(model: Model) -> dict[str, object]:
    """Return what the engine reads of a card."""
    names = (
        "name", "sha256", "voxel_size_mm", "band_mm", "size_multiple", "surfaces", "distances", "default_border_mm",
        "preprocess",
    )  # fmt: skip
    return {name: model.card[name] for name in names if name in model.card}


def _calibrations() -> dict[str, bytes]:
    """Return the files by which the quality of masks is judged."""
    folder = Path(str(resources.files("deskull.quality") / "calibrations"))
    files = {f"quality/{path.name}": path.read_bytes() for path in sorted(folder.glob("default.*"))}
    second = second_model()
    return files | {f"quality/{second.path.name}": second.content()}


def _demo() -> bytes:
    """Return the demo scan: the synthetic head of ``deskull demo`` in larger voxels."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / _DEMO
        formats.write(make_head(voxel_size=_DEMO_VOXEL_MM), path)
        return path.read_bytes()


def _service_worker(files: Mapping[str, bytes]) -> bytes:
    """Return the program that keeps the files of the page, with their names and a name of this build."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + hashlib.sha256(files[name]).digest())
    program = _site("service_worker.js")
    build = hashlib.sha256(digest.digest() + program).hexdigest()[:16]
    names = ["./", *sorted(name for name in files if name != "index.html")]
    return f"const BUILD = {json.dumps(build)}, FILES = {json.dumps(names)};\n".encode() + program
