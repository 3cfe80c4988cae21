"""Faults: what spoils scans, each with a strength from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from heads import Head

from faults import acquisition, content, field_of_view, geometry, intensity

Fault = Callable[[Head, np.random.Generator, float], Head]

#: Kinds of fault by group.
GROUPS: dict[str, tuple[Fault, ...]] = {
    "header": (
        geometry.wrong_voxel_size, geometry.wrong_voxel_axis, geometry.swapped_axes, geometry.flipped_axis,
        geometry.rotated_header, geometry.sheared_header,
    ),
    "field of view": (
        field_of_view.cut_vertex, field_of_view.cut_base, field_of_view.cut_side, field_of_view.slab,
        field_of_view.empty_slab, field_of_view.holes, field_of_view.missing_blocks, field_of_view.dropout,
        field_of_view.wrapped_around, field_of_view.rolled, field_of_view.much_padding, field_of_view.bent,
    ),
    "values": (
        intensity.white_noise, intensity.rician_noise, intensity.speckle, intensity.smooth_noise, intensity.shading,
        intensity.surface_coil, intensity.gamma, intensity.inverted, intensity.few_grey_values, intensity.saturated,
        intensity.equalised, intensity.pedestal, intensity.wrapped_values, intensity.burned_in,
        intensity.failed_coil, intensity.sign_lost,
    ),
    "acquisition": (
        acquisition.ghost, acquisition.motion, acquisition.ringing, acquisition.spikes, acquisition.blur,
        acquisition.blur_along_axis, acquisition.thick_slices, acquisition.coarse_voxels, acquisition.shuffled_slices,
        acquisition.jittered_slices, acquisition.striped_slices, acquisition.repeated_slices, acquisition.zipper,
        acquisition.chemical_shift,
    ),
    "content": (
        content.stripped, content.badly_stripped, content.defaced, content.large_lesion, content.half_brain,
        content.no_brain, content.two_scans_added, content.edges_only,
    ),
}  # fmt: skip
FAULTS: dict[str, Fault] = {fault.__name__: fault for group in GROUPS.values() for fault in group}
GROUP_OF = {fault.__name__: name for name, group in GROUPS.items() for fault in group}
#: Kinds that the quality model never sees in training.
TEST_ONLY = frozenset(
    (
        "rotated_header", "missing_blocks", "rolled", "surface_coil", "equalised", "wrapped_values", "spikes",
        "jittered_slices", "repeated_slices", "half_brain", "two_scans_added", "zipper", "chemical_shift",
        "failed_coil", "sign_lost",
    )
)  # fmt: skip
#: After these, no brain of the head is left that a mask could show.
WITHOUT_BRAIN = frozenset(("no_brain",))
