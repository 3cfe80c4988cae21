"""Installing deskull in Slicer's Python: from what, and without replacing what Slicer brings."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def test_folder_is_installed_and_needs_nothing_that_slicer_has_a_build_of_its_own_of(slicer):
    from DeskullLib.installation import install

    install(f" {ROOT} ")
    assert slicer.util.pip_calls == [[str(ROOT)]]
    needed = {requirement.name.lower() for requirement in map(Requirement, metadata.requires("deskull") or [])
              if requirement.marker is None or requirement.marker.evaluate({"extra": ""})}  # fmt: skip
    assert {"onnxruntime", "nibabel"} <= needed
    assert not {"simpleitk", "torch", "vtk"} & needed


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("https://packages.example.org/simple/", ["--index-url", "https://packages.example.org/simple/", "deskull"]),
        ("https://example.org/deskull-0.1.0-py3-none-any.whl",) * 2,
        ("git+https://example.org/deskull.git",) * 2,
    ],
)
def test_address_of_an_index_and_of_a_package_are_told_apart(slicer, source, arguments):
    from DeskullLib.installation import pip_arguments

    assert pip_arguments(source) == (arguments if isinstance(arguments, list) else [arguments])


def test_wheel_in_a_folder_with_spaces_is_one_argument(slicer, tmp_path):
    from DeskullLib.installation import pip_arguments

    wheel = tmp_path / "my files" / "deskull-0.1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.touch()
    assert pip_arguments(str(wheel)) == [str(wheel)]


@pytest.mark.parametrize("source", ["", "deskull", "/no/such/folder"])
def test_name_alone_is_refused_because_an_index_may_hold_another_project(slicer, source):
    from DeskullLib.errors import ModuleError
    from DeskullLib.installation import install

    with pytest.raises(ModuleError, match="may hold another project under this name"):
        install(source)
    assert slicer.util.pip_calls == []


def test_failure_of_pip_is_one_sentence(slicer, monkeypatch):
    from DeskullLib.errors import ModuleError
    from DeskullLib.installation import install

    def fail(arguments: list[str]) -> None:
        raise RuntimeError("exit status 1")

    monkeypatch.setattr(slicer.util, "pip_install", fail)
    with pytest.raises(ModuleError, match=r"pip could not install .* \(exit status 1\); see the Python console"):
        install(str(ROOT))


def test_module_in_a_copy_of_the_project_proposes_it(slicer):
    from DeskullLib.installation import default_source

    assert default_source() == str(ROOT)


def test_every_file_of_the_module_is_listed_for_the_build(slicer):
    folder = ROOT / "slicer" / "Deskull"
    listed = (folder / "CMakeLists.txt").read_text()
    for path in (folder / "DeskullLib").glob("*.py"):
        assert f"DeskullLib/{path.name}" in listed
    assert (folder / "Resources" / "Icons" / "Deskull.png").is_file()
