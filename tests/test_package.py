"""The package: what importing it loads, and what it offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import deskull

#: Libraries that are slow to import or optional, which neither the package nor the command line may load at the start.
SLOW = {
    "SimpleITK", "highdicom", "lightning", "matplotlib", "monai", "nibabel", "numpy", "onnxruntime", "openvino",
    "pydicom", "scipy", "starlette", "torch", "uvicorn",
}  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "import deskull",
        "import deskull.cli",
        "import sys; sys.argv = ['deskull', '--help']; import deskull.cli; deskull.cli.app(standalone_mode=False)",
        "import sys; sys.argv = ['deskull', 'strip', '--help']; import deskull.cli; "
        "deskull.cli.app(standalone_mode=False)",
    ],
    ids=["import", "import of the command line", "deskull --help", "deskull strip --help"],
)
def test_start_loads_no_slow_library(code):
    code = f"{code}; import sys; print(); print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not SLOW & set(done.stdout.splitlines()[-1].split())


def test_pipeline_loads_neither_torch_nor_simpleitk():
    code = "import sys, deskull; deskull.strip; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "SimpleITK", "lightning", "monai"} & set(done.stdout.split())


@pytest.mark.parametrize("name", deskull.__all__)
def test_public_name_can_be_imported_and_is_listed(name):
    assert getattr(deskull, name) is not None
    assert name in dir(deskull)


def test_strip_is_the_function():
    from deskull.pipeline import strip

    assert deskull.strip is strip


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'deskull' has no attribute 'skull'"):
        deskull.skull  # noqa: B018
