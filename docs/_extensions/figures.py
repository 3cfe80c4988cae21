"""Figures of the gallery that suit light and dark pages."""

from __future__ import annotations

from typing import Any

from matplotlib import pyplot
from sphinx_gallery.scrapers import matplotlib_scraper

#: Grey that can be read on a light and on a dark page, for what figures of the gallery say around their pictures.
GREY = "#767b82"


def use_neutral_colours(gallery_conf: dict[str, Any], name: str) -> None:
    """Draw figures without a background, and their text in grey, for light and dark pages."""
    drawn_grey = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    drawn_clear = ("figure.facecolor", "axes.facecolor", "legend.facecolor", "savefig.facecolor")
    pyplot.rcParams.update(dict.fromkeys(drawn_grey, GREY) | dict.fromkeys(drawn_clear, "none"))


def scrape_figures(block: Any, variables: dict[str, Any], gallery_conf: dict[str, Any], **options: Any) -> str:
    """Save the figures of a block; white pictures get the class ``white-picture``, which dark pages invert."""
    pictures = [picture for number in pyplot.get_fignums() for picture in pyplot.figure(number).images]
    white = any((picture.get_array()[0, 0, :3] == 255).all() for picture in pictures)
    text: str = matplotlib_scraper(block, variables, gallery_conf, **options)
    return text.replace(":class: sphx-glr-single-img", ":class: white-picture") if white else text
