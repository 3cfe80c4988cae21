# ruff: noqa: D400
"""
How deskull finds the brain
===========================

deskull does not decide voxel by voxel what is brain. Its network predicts, for each point, **how far it is from the
surface of the brain**, in mm, negative inside. The mask is what lies inside a border at a chosen distance. This page
shows each step on the synthetic head of ``deskull demo``, with the faster network, ``small``. It is run when the
documentation is built, and needs no scan.
"""

import matplotlib.pyplot as plt
import numpy as np

from deskull.demo import make_head
from deskull.models.engine import make_engine
from deskull.pipeline import Stripper
from deskull.preprocessing.grid import conform

# %%
# The scan as it comes
# --------------------
#
# This head is like a scan from a scanner: stored in an order of its own, rotated by a few degrees, brighter on one side
# than on the other, and noisy.

head = make_head()
stripper = Stripper("small", threads=1)
print(f"{head.shape[0]} x {head.shape[1]} x {head.shape[2]} voxels, {head.data.dtype}")


def near_midline(image, affine):
    """Return the sagittal slice 5 mm to the right of the middle, with the nose on the right."""
    return np.rot90(image[round((5 - affine[0, 3]) / affine[0, 0])])


def bare_axes(number):
    """Return a figure of one or two axes without ticks."""
    figure, axes = plt.subplots(1, number, figsize=(10, 5.4) if number > 1 else (7, 6), layout="constrained")
    for place in np.atleast_1d(axes):
        place.set(xticks=[], yticks=[])
    return figure, axes


# %%
# Conform it
# ----------
#
# A network expects every scan in the same form. deskull finds the head, puts a grid of cubic voxels around it (of 3 mm
# for ``small``, 1 mm for ``default``), with axes that run to the right, to the front and upwards, averages and
# interpolates the scan on it, and scales the intensities so that most of them lie between 0 and 1. The scan itself is
# not changed.

conformed = stripper.model.preprocessing.apply(head, threads=1)
fine = conform(head, 1.0, 1)  # the scan in voxels of 1 mm, for the pictures
figure, (left, right) = bare_axes(2)
left.imshow(near_midline(fine.data, fine.affine), cmap="gray", vmax=np.percentile(fine.data, 99.5))
left.set_title("the scan")
right.imshow(near_midline(conformed.data, conformed.affine), cmap="gray", vmax=1)
right.set_title("conformed, voxels of 3 mm")

# %%
# Predict the distance
# --------------------
#
# The network answers with the signed distance to the surface: blue inside the brain, red outside, white at the surface.
# Beyond 10 mm it says no more than "far". A distance says more than a mask of the same voxels: where the surface runs
# between two voxels of 3 mm, their distances tell where.

engine = make_engine(stripper.model, threads=1)
predicted = engine(conformed.data)[stripper.model.surfaces.index("brain")]
figure, place = bare_axes(1)
drawn = place.imshow(near_midline(predicted, conformed.affine), cmap="coolwarm", vmin=-10, vmax=10)
place.set_title("signed distance")
figure.colorbar(drawn, ax=place, label="mm", shrink=0.8)

# %%
# Carry it to the scan, and choose a border
# -----------------------------------------
#
# ``Stripper.strip`` does all of this in one call: it conforms the scan, predicts the distance, keeps the largest
# connected part, fills its cavities, and interpolates the distance to the voxels of the scan. Every border is then a
# contour of one field. At 0 mm (orange) it follows the surface that the network has learnt; at 2 mm (red) it runs 2
# mm outside of it, and at -2 mm (blue) as far inside. Moving the border (``--border``, the slider of ``deskull
# serve``) does not run the network again.

result = stripper.strip(head, quality="none")
distance = near_midline(conform(result.distance, 1.0, 1, fine).data, fine.affine)
figure, place = bare_axes(1)
place.imshow(near_midline(fine.data, fine.affine), cmap="gray", vmax=np.percentile(fine.data, 99.5))
colours = {-2.0: "tab:blue", 0.0: "tab:orange", 2.0: "tab:red"}
place.contour(distance, list(colours), colors=list(colours.values()), linestyles="solid", linewidths=1)
place.set_title("borders at -2 mm, 0 mm and 2 mm")

# %%
# How much the choice of the border matters:

for border in colours:
    mask = result.mask_at(border)
    print(f"border {border:4.1f} mm: {np.count_nonzero(mask.data) * mask.voxel_ml:6.0f} ml")

# %%
# The mask and the brain
# ----------------------
#
# Unless you choose another, the mask ends at the default border of the network, which hardly loses tissue. The brain is
# the scan inside it, and 0 elsewhere. Both have the voxels and the header of the scan.

border = stripper.model.default_border("brain")
brain = conform(result.brain, 1.0, 1, fine).data
figure, (left, right) = bare_axes(2)
left.imshow(near_midline(fine.data, fine.affine), cmap="gray", vmax=np.percentile(fine.data, 99.5))
left.contourf(distance, [-100, border], colors=["tab:red"], alpha=0.35)
left.set_title(f"the mask, at a border of {border:g} mm")
right.imshow(near_midline(brain, fine.affine), cmap="gray", vmax=np.percentile(fine.data, 99.5))
right.set_title("the brain")
print(f"volume: {result.volume_ml:.0f} ml")

# %%
# Read on: :doc:`what "brain" means </concepts/brain>`, :doc:`how accurate the masks are </concepts/accuracy>`, and
# :doc:`how far each of them can be trusted </concepts/quality>`. :doc:`/concepts/walk-through` names the files of the
# source code that do each step.
