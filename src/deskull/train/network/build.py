"""The network that a recipe names."""

from __future__ import annotations

from deskull.train.network.residual import residual_unet
from deskull.train.network.unet import UNet
from deskull.train.recipe import Recipe


def make_network(recipe: Recipe) -> UNet:
    """Build the network of a recipe, with random weights."""
    if recipe.network == "unet":
        return UNet(recipe.channels, recipe.band, len(recipe.surfaces), stride=recipe.stride)
    verbatim = recipe.network == "residual_verbatim"
    return residual_unet(recipe.channels, recipe.dropout, recipe.band, first_dropped=verbatim)
