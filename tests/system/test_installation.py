"""Installation: the command that installs an extra, for each way in which deskull can have been installed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PathDistribution

import pytest

from deskull.system import installation
from deskull.system.installation import Requirement, command_for, install_command, origin, requirements

NEEDED = (Requirement("pydicom", ">=3", "dicom"), Requirement("numpy", ">=1.26"), Requirement("h5py", "", "minc"))


def test_package_from_an_index_is_named():
    assert command_for("dicom", {}, NEEDED) == 'pip install "deskull[dicom]"'


def test_editable_folder_is_named(tmp_path):
    source = {"url": tmp_path.as_uri(), "dir_info": {"editable": True}}
    assert command_for("dicom", source, NEEDED) == f'pip install -e "{tmp_path}[dicom]"'


def test_folder_is_named(tmp_path):
    folder = tmp_path / "my deskull"
    folder.mkdir()
    source = {"url": folder.as_uri(), "dir_info": {}}
    assert command_for("dicom,minc", source, NEEDED) == f'pip install "{folder}[dicom,minc]"'


def test_wheel_is_named(tmp_path):
    wheel = tmp_path / "deskull-0.1.0-py3-none-any.whl"
    wheel.touch()
    source = {"url": wheel.as_uri(), "archive_info": {}}
    assert command_for("dicom", source, NEEDED) == f'pip install "deskull[dicom] @ {wheel.as_uri()}"'


def test_repository_is_named_with_its_commit():
    source = {"url": "https://example.org/deskull.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}
    expected = 'pip install "deskull[dicom] @ git+https://example.org/deskull.git@abc"'
    assert command_for("dicom", source, NEEDED) == expected


@pytest.mark.parametrize("source", [None, {"url": "file:///no/such/folder", "dir_info": {}}])
def test_packages_are_named_where_the_source_has_gone(source):
    assert command_for("dicom", source, NEEDED) == 'pip install "pydicom>=3"'


def test_folder_with_a_dollar_sign_is_quoted_for_the_shell(tmp_path):
    folder = tmp_path / "$HOME"
    folder.mkdir()
    command = command_for("dicom", {"url": folder.as_uri(), "dir_info": {}}, NEEDED)
    assert command == f"pip install '{folder}[dicom]'"


@pytest.fixture
def installed(tmp_path):
    """Metadata of an installation on disk."""
    folder = tmp_path / "deskull-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: deskull\nVersion: 0.1.0\n"
        "Requires-Dist: numpy>=1.26\nRequires-Dist: tzdata; sys_platform == 'win32'\n"
        'Requires-Dist: pydra<1,>=0.23; extra == "pydra"\nRequires-Dist: deskull[dicom]; extra == "dev"\n'
        'Requires-Dist: sphinx>=8; extra == "docs"\n'
    )
    return PathDistribution(folder)


def test_requirements_are_read_with_their_extras(installed):
    assert requirements(installed) == (
        Requirement("numpy", ">=1.26"),
        Requirement("tzdata"),
        Requirement("pydra", "<1,>=0.23", "pydra"),
    )


def test_installation_without_a_record_came_from_an_index(installed):
    (installed._path / "INSTALLER").write_text("pip\n")
    assert origin(installed) == {}


@pytest.mark.parametrize("content", ["{", "[]"])
def test_damaged_record_does_not_count_as_an_index(installed, content):
    (installed._path / "INSTALLER").write_text("pip\n")
    (installed._path / "direct_url.json").write_text(content)
    assert origin(installed) is None


def test_metadata_that_a_build_has_left_do_not_count_as_an_index(installed):
    assert origin(installed) is None


def test_metadata_in_a_source_folder_do_not_hide_the_installation(tmp_path):
    left = tmp_path / "deskull.egg-info"
    left.mkdir()
    (left / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: deskull\nVersion: 0.1.0\n")
    code = "from deskull.system.installation import install_command; print(install_command('dicom'))"
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == install_command("dicom")


def test_messages_name_the_command_of_this_installation():
    code = (
        "import sys; sys.modules['h5py'] = None\n"
        "from deskull.cli.console import needs_extra\n"
        "try:\n    with needs_extra('minc'):\n        import h5py\nexcept ValueError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"h5py: is not installed; {install_command('minc')}.\n"


def test_no_module_names_the_package_of_an_index_by_itself():
    sources = installation.Path(installation.__file__).parents[1].rglob("*.py")
    faulty = [path.name for path in sources if 'pip install "deskull[' in path.read_text(encoding="utf-8")]
    assert faulty == ["installation.py"]
