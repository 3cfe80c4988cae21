"""What pyproject.toml cannot state: the addresses of the project, and a README whose links work on a package index.

A package index shows no file of the repository, so that a relative link leads nowhere. The release sets
``DESKULL_REPOSITORY`` to the address of the repository that it is made from: links and pictures then lead there, at the
tag of the version. Without it no address is stated: links become plain text, and pictures are left out.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

from setuptools import setup
from setuptools_scm import get_version

#: A link or a picture of Markdown whose target is not an address and not a place on the same page.
_RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")


def index_readme(text: str, repository: str, version: str) -> str:
    """Return a README whose relative links lead to a repository, or are plain text without one."""
    kind = {"": "blob", "!": "raw"}

    def replaced(match: re.Match[str]) -> str:
        mark, words, target = match.groups()
        if repository:
            return f"{mark}[{words}]({repository}/{kind[mark]}/v{version}/{target})"
        return "" if mark else words

    return re.sub(r"\n{3,}", "\n\n", _RELATIVE.sub(replaced, text))


def addresses(repository: str) -> dict[str, str]:
    """Return the addresses of the project; none if it is not known where its repository is."""
    if not repository:
        return {}
    return {
        "Source": repository,
        "Issues": f"{repository}/issues",
        "Changelog": f"{repository}/blob/main/CHANGELOG.md",
        "Documentation": f"{repository}/blob/main/docs/index.md",
    }


if __name__ == "__main__":
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools_scm"]
    version = get_version(local_scheme=settings["local_scheme"], fallback_version=settings["fallback_version"])
    where = os.environ.get("DESKULL_REPOSITORY", "").rstrip("/")
    setup(
        long_description=index_readme(Path("README.md").read_text(encoding="utf-8"), where, version),
        long_description_content_type="text/markdown",
        project_urls=addresses(where),
    )
