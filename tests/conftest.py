"""Shared fixtures: a small synthetic head, and where the real data are."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # before any library starts its threads
    os.environ.setdefault("OMP_NUM_THREADS", "1")

os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="deskull-test-logs-")  # log files of bugs, not the user's own
os.environ["DESKULL_MODELS"] = tempfile.mkdtemp(prefix="deskull-test-models-")  # nor the user's models

import numpy as np
import pytest
from hypothesis import settings

from deskull import Volume
from deskull.demo import make_head
from deskull.models import engine
from deskull.pipeline import Stripper
from tests.remembered import FOLDER, RememberingRuntime

#: Modules whose fixtures take 20 s or more.
_SLOW_FIXTURES = ("test_site_in_browser", "test_real_server_in_browser", "test_train", "test_nfbs", "test_speed")

# The first example of a test may import a large library, and the machine may be busy: no example has a time limit.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")


def pytest_configure() -> None:
    """Make the folder of predictions, in the process that starts the others; and use it in all of them."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="deskull-test-predictions-")
    engine.OnnxRuntime = RememberingRuntime


def pytest_unconfigure() -> None:
    """Remove the folder of predictions."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(os.environ[FOLDER], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put modules with slow fixtures first: those at the end are shared out, and each process makes its own."""
    items.sort(key=lambda item: item.path.stem not in _SLOW_FIXTURES)


@pytest.fixture(scope="module")
def recomputed() -> Iterator[None]:
    """Have the networks predict every time, for tests of what they predict."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RememberingRuntime, "is_remembering", False)
        yield


def data_folder() -> Path:
    """Folder of real scans and label maps: DESKULL_TEST_DATA, else beside the project."""
    return Path(os.environ.get("DESKULL_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The data folder; tests that ask for it are skipped where there is none."""
    folder = data_folder()
    if not (folder / "labelled").is_dir():
        pytest.skip(f"needs real scans: no {folder}; set DESKULL_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def head() -> Volume:
    """The demo's head at 2 mm, int16: small enough to strip in seconds."""
    return replace(make_head(voxel_size=2), name="small head")


@pytest.fixture(scope="session")
def tiny_head(head) -> Volume:
    """The head at 4 mm, for tests that are not about the mask."""
    data = np.ascontiguousarray(head.data[::2, ::2, ::2])
    return Volume(data, head.affine @ np.diag([2.0, 2.0, 2.0, 1.0]), name="tiny head")


@pytest.fixture(scope="session")
def half_head(tiny_head) -> Volume:
    """The head in half the size of a real one: an eighth of the space to strip and to draw."""
    return Volume(tiny_head.data, np.diag([2.0, 2.0, 2.0, 1.0]), name="half head")


@pytest.fixture(scope="session")
def stripper() -> Stripper:
    """The default network, loaded once."""
    return Stripper(threads=2)


@pytest.fixture(scope="session")
def toy_model(tmp_path_factory) -> Path:
    """A network that calls bright voxels brain: it takes no time, for tests that are not about the network."""
    toy = pytest.importorskip("tests.models.toy", reason="needs onnx (deskull[train])")
    return toy.write_model(tmp_path_factory.mktemp("toy"), toy.threshold_network())


@pytest.fixture(scope="session")
def toy_stripper(toy_model) -> Stripper:
    """The toy network, loaded once."""
    return Stripper(toy_model, threads=2)
