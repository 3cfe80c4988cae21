"""Configuration of Sphinx: pages in Markdown, a reference from docstrings, and a gallery of examples that are run."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx

import deskull

HERE = Path(__file__).parent
DATA = Path(os.environ.get("DESKULL_TEST_DATA", HERE.parents[1] / "shared" / "data")).absolute()
#: Whether the gallery can be run: it needs label maps for synthetic heads, and the extra deskull[train].
CAN_RUN = (DATA / "labelmaps" / "synthseg_01.nii.gz").is_file() and find_spec("lightning") is not None
# The gallery reads the label maps from this folder, and uses one thread so that its results do not depend on the
# number of cores.
os.environ["DESKULL_TEST_DATA"] = str(DATA)
os.environ["OMP_NUM_THREADS"] = "1"

project = "deskull"
author = "the deskull developers"
release = deskull.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "sphinx_gallery.gen_gallery"]
exclude_patterns = ["_build", "gallery"]
highlight_language = "text"
smartquotes = False  # values in docstrings are meant to be copied

html_theme = "furo"
html_title = f"deskull {release}"
html_show_sphinx = False
html_show_copyright = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 100
default_role = "py:obj"
# The attributes of dataclasses are documented in their docstrings, and other members by autodoc.
numpydoc_show_class_members = False
# Signatures show the aliases of array types, because numpy's own types take up a line each.
arrays = ("Affine", "Array", "FloatArray", "Mask", "RGB", "Values", "npt.ArrayLike")
autodoc_type_aliases = {name: name.removeprefix("npt.") for name in arrays}

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "plot_gallery": CAN_RUN,
    "download_all_examples": False,
    "capture_repr": (),
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
}

NOTICE = """
.. note::

   This page was built without its pictures and output, because the label maps for its synthetic heads or the packages
   for training were missing. Set the environment variable ``DESKULL_TEST_DATA`` to the folder that contains
   ``labelmaps/``, install ``deskull[train]``, and build the documentation again.

"""


def add_notice(app: Sphinx, name: str, source: list[str]) -> None:
    """Put a notice at the beginning of gallery pages that were not run."""
    if name.startswith("auto_gallery/plot_") and not CAN_RUN:
        source[0] = NOTICE + source[0]


def setup(app: Sphinx) -> None:
    """Register the notice."""
    app.connect("source-read", add_notice)
