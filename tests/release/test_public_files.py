"""The public files: what they state of the package is true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from deskull import _version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RECIPE = yaml.safe_load((ROOT / "recipe" / "recipe.yaml").read_text())
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())


def test_citation_and_fallbacks_state_the_next_release():
    fallback = PROJECT["tool"]["setuptools_scm"]["fallback_version"]
    assert fallback == f"{CITATION['version']}.dev0"
    assert f'__version__ = "{fallback}"' in Path(_version.__file__).read_text()
    assert f"## {CITATION['version']}" in (ROOT / "CHANGELOG.md").read_text()
    assert f"Version {CITATION['version']}." in (ROOT / "README.md").read_text()
    assert RECIPE["context"]["version"] == CITATION["version"]


def test_citation_has_the_licence_and_authors_of_the_package():
    assert CITATION["license"] == PROJECT["project"]["license"] == "Apache-2.0"
    assert [one["name"] for one in CITATION["authors"]] == [one["name"] for one in PROJECT["project"]["authors"]]


def test_licence_of_code_and_weights_is_among_the_first_lines_of_the_readme():
    assert "Apache-2.0 for code and weights" in "".join((ROOT / "README.md").read_text().splitlines()[:10])


def test_every_network_that_ships_has_the_licence_that_the_readme_states():
    from deskull.models import shipped_models

    assert {model.card.get("licence") for model in shipped_models()} == {"Apache-2.0"}


def test_every_file_of_licences_is_part_of_the_metadata_and_named_in_the_notice():
    listed = PROJECT["project"]["license-files"]
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / "src").rglob("LICENSES.txt")}
    assert found <= set(listed)
    assert all((ROOT / name).is_file() for name in listed)
    assert all(name in (ROOT / "NOTICE").read_text() for name in found)


def test_recipe_of_conda_forge_needs_what_the_package_needs():
    stated = {line.replace(" ", "") for line in RECIPE["requirements"]["run"]}
    needed = {f"python{PROJECT['project']['requires-python']}", *PROJECT["project"]["dependencies"]}
    assert stated == {"python-isal>=1.7" if one == "isal>=1.7" else one for one in needed}  # its name there


def test_recipe_of_conda_forge_has_the_commands_of_the_package():
    commands = {f"{name} = {target}" for name, target in PROJECT["project"]["scripts"].items()}
    assert set(RECIPE["build"]["python"]["entry_points"]) == commands


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_file_for_github_is_yaml(path):
    assert yaml.safe_load(path.read_text())


def test_every_action_of_a_workflow_is_pinned_to_a_commit():
    uses = re.findall(r"uses: (\S+)", "".join(path.read_text() for path in (ROOT / ".github" / "workflows").glob("*")))
    assert [use for use in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", use)] == []


def test_script_that_a_workflow_runs_exists():
    text = "".join(path.read_text() for path in (ROOT / ".github" / "workflows").glob("*"))
    scripts = set(re.findall(r"(?:tools|containers|\.ci)/[\w./]+", text))
    assert scripts
    assert [name for name in scripts if not (ROOT / name).is_file()] == []
