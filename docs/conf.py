"""Configuration of Sphinx: pages in Markdown, a reference from docstrings, and a gallery of examples that are run."""

from __future__ import annotations

import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

import deskull

HERE = Path(__file__).parent
DATA = Path(os.environ.get("DESKULL_TEST_DATA", HERE.parents[1] / "shared" / "data")).absolute()
#: The example that needs label maps for synthetic heads and the extra deskull[train], and whether it can be run.
NEEDS_DATA = "plot_supervised"
CAN_RUN = (DATA / "labelmaps" / "synthseg_01.nii.gz").is_file() and find_spec("lightning") is not None
sys.path.insert(0, str(HERE / "_extensions"))
# The gallery reads the label maps from this folder, and uses one thread so that its results do not depend on the
# number of cores.
os.environ["DESKULL_TEST_DATA"] = str(DATA)
os.environ["OMP_NUM_THREADS"] = "1"

project = "deskull"
author = "the deskull developers"
release = deskull.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "sphinx_gallery.gen_gallery", "model_cards"]
exclude_patterns = ["_build", "gallery"]
highlight_language = "text"
smartquotes = False  # values in docstrings are meant to be copied

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
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

#: What a reader need not see of the types and defaults in a signature, and what stands for it.
SIGNATURE_PARTS = (
    (r"(?:~typing\.)?Annotated\[((?:(?!Annotated).)*?), ~deskull[.\w]*\.Option\(.*?, unit=\w*\)\]", r"\1"),
    (r"TypeAliasForwardRef\('(\w+)'\)", r"\1"),
    (r"~(?:\w+\.)+(?=~)|~types\.(?=(?:bool|float|int|str)\b)", ""),
    (r"<factory>", "..."),
    (r"<(?:built-in function|function|class) '?(?:\w+\.)*(\w+)'?>", r"\1"),
)

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": "/plot_" if CAN_RUN else f"/plot_(?!{NEEDS_DATA.removeprefix('plot_')})",
    "download_all_examples": False,
    "capture_repr": (),
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "image_scrapers": ("figures.scrape_figures",),
    "reset_modules": ("matplotlib", "figures.use_neutral_colours"),
}

NOTICE = """
.. note::

   This page was built without its pictures and output, because the label maps for its synthetic heads or the packages
   for training were missing. Set the environment variable ``DESKULL_TEST_DATA`` to the folder that contains
   ``labelmaps/``, install ``deskull[train]``, and build the documentation again.

"""


def add_notice(app: Sphinx, name: str, source: list[str]) -> None:
    """Put a notice at the beginning of the gallery's page that was not run."""
    if name == f"auto_gallery/{NEEDS_DATA}" and not CAN_RUN:
        source[0] = NOTICE + source[0]


def tidy_signature(
    app: Sphinx, what: str, name: str, obj: object, options: object, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Write types and defaults in a signature as a reader would; Sphinx can then also link the types."""
    texts = [signature, returned]
    for pattern, replacement in SIGNATURE_PARTS:
        texts = [text and re.sub(pattern, replacement, text, flags=re.DOTALL) for text in texts]
    return texts[0], texts[1]


def mark_long_words(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Mark code in running text that has to be broken on a narrow page; other words of code are kept in one piece."""
    for code in tree.findall(nodes.literal):
        if max(map(len, code.astext().split()), default=0) > 30:
            code["classes"].append("long")


def setup(app: Sphinx) -> None:
    """Register what is done to signatures and pages."""
    app.connect("source-read", add_notice)
    app.connect("autodoc-process-signature", tidy_signature)
    app.connect("doctree-resolved", mark_long_words)
