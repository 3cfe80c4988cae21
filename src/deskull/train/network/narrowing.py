"""Narrowing: the weights of a U-Net with fewer features at some levels, those that mattered most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Weights = Mapping[str, npt.NDArray[np.float32]]
Indices = npt.NDArray[np.intp]


def narrowed_weights(weights: Weights, channels: Sequence[int]) -> dict[str, npt.NDArray[np.float32]]:
    """Keep the most important features of each level of a U-Net.

    A feature behind a norm counts by the size of the norm's factor (network slimming, Liu et al., ICCV 2017), one of a
    reducer by the size of its weights (Li et al., ICLR 2017). The output changes: train the network further.

    Parameters
    ----------
    weights : mapping of str to ndarray
        Of a `deskull.train.network.unet.UNet` with `TwoConvolutions`.
    channels : sequence of int
        Largest number of features at each level, finest first; the network has as many levels.

    Returns
    -------
    dict of str to ndarray
    """
    kept: dict[str, npt.NDArray[np.float32]] = {}
    features: Indices = np.arange(weights["encoders.0.0.0.weight"].shape[1])
    skips = []
    for level, count in enumerate(channels):
        features = _block(weights, kept, f"encoders.{level}", features, count)
        skips.append(features)
    for step, count in enumerate(channels[-2::-1]):
        features = _layer(weights, kept, f"reducers.{step}", "", features, count)
        before = len(weights[f"reducers.{step}.bias"])
        joined = np.concatenate([features, before + skips[-2 - step]])
        features = _block(weights, kept, f"decoders.{step}", joined, count)
    return kept | {"head.weight": weights["head.weight"][:, features], "head.bias": weights["head.bias"]}


def _block(
    weights: Weights, kept: dict[str, npt.NDArray[np.float32]], name: str, features: Indices, count: int
) -> Indices:
    """Narrow two convolutions with their norms; return the features that the second one keeps."""
    for part in (f"{name}.0", f"{name}.1"):
        features = _layer(weights, kept, f"{part}.0", f"{part}.1", features, count)
    return features


def _layer(
    weights: Weights, kept: dict[str, npt.NDArray[np.float32]], name: str, norm: str, features: Indices, count: int
) -> Indices:
    """Narrow a convolution, and its norm if it has one; return the features that it keeps."""
    values = weights[f"{name}.weight"]
    importance = np.abs(weights[f"{norm}.weight"]) if norm else np.abs(values.astype(np.float32)).sum(axis=(1, 2, 3, 4))
    outputs: Indices = np.sort(np.argsort(-importance, kind="stable")[:count])
    kept[f"{name}.weight"] = values[np.ix_(outputs, features)]
    if norm:
        kept |= {f"{norm}.{part}": weights[f"{norm}.{part}"][outputs] for part in ("weight", "bias")}
    else:
        kept[f"{name}.bias"] = weights[f"{name}.bias"][outputs]
    return outputs
