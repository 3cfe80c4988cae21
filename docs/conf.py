"""How Sphinx builds these pages: Markdown by hand, a reference from docstrings, a gallery that is run."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx

import deskull

HERE = Path(__file__).parent
DATA = Path(os.environ.get("DESKULL_TEST_DATA", HERE.parents[1] / "shared" / "data")).absolute()
#: Whether the gallery can be run: it needs label maps to make heads from, and the extra that trains.
RUNS = (DATA / "labelmaps" / "synthseg_01.nii.gz").is_file() and find_spec("lightning") is not None
# The gallery looks for label maps here, and one thread gives it the same figures on any number of cores.
os.environ["DESKULL_TEST_DATA"] = str(DATA)
os.environ["OMP_NUM_THREADS"] = "1"

project = "deskull"
author = "the deskull developers"
release = deskull.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "sphinx_gallery.gen_gallery"]
exclude_patterns = ["_build", "gallery"]
highlight_language = "text"
smartquotes = False  # docstrings name values that are to be copied

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
# Attributes of dataclasses stand in the docstring; members follow by autodoc.
numpydoc_show_class_members = False
# Arrays by the names the code has for them, as numpy's own fill a line each.
arrays = ("Affine", "Array", "FloatArray", "Mask", "RGB", "Values", "npt.ArrayLike")
autodoc_type_aliases = {name: name.removeprefix("npt.") for name in arrays}

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "plot_gallery": RUNS,
    "download_all_examples": False,
    "capture_repr": (),
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
}

NOT_RUN = """
.. note::

   This page was built without its pictures and output: the label maps that its heads are made from, or the packages
   that train, were not there. Name the folder that holds ``labelmaps/`` in the environment variable
   ``DESKULL_TEST_DATA``, install ``deskull[train]`` and build again.

"""


def say_not_run(app: Sphinx, name: str, source: list[str]) -> None:
    """Begin gallery pages that were not run with a note."""
    if name.startswith("auto_gallery/plot_") and not RUNS:
        source[0] = NOT_RUN + source[0]


def setup(app: Sphinx) -> None:
    """Connect the note."""
    app.connect("source-read", say_not_run)
