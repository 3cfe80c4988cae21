# ruff: noqa: D400, E402
"""
Train your own network on raw scans
===================================

deskull began as a tutorial: take the raw T1-weighted scans of a public data set (NFBS: 125 subjects, each with a brain
mask that was checked by hand), correct their bias field, resample them to one grid, train a residual U-Net on them,
plot the learning curves, and draw the predicted masks on the raw scans. This page follows the same steps with deskull's
commands, and shows some of them in Python.

Everything below was run when this page was built, on one core, in a few minutes. To keep it short, it uses four
synthetic heads, whose true brain masks are known exactly. If you have NFBS, or any other folder of scans and masks,
start at `Find the scans and split the subjects`_ with the name of your folder.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import deskull
from deskull import formats

# %%
# All files are written to a temporary folder. Commands are run as you would type them, and their output is shown.

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name).resolve()


def run(command):
    """Run a command in the folder and show its output."""
    print(f"$ {command}")
    done = subprocess.run([sys.executable, "-m", *shlex.split(command)], cwd=folder, capture_output=True, text=True)
    print((done.stdout + done.stderr).replace(f"{folder}/", ""))
    done.check_returncode()


def show(picture):
    """Show a picture at its own size."""
    figure = plt.figure(figsize=(picture.width / 100, picture.height / 100), dpi=100)
    figure.figimage(np.asarray(picture))


# %%
# Create a data set
# -----------------
#
# deskull's network is trained on synthetic images, which are generated from label maps: volumes in which the value of
# each voxel is its tissue (skull, fat, grey matter and so on). The same generator creates our data set. We use four
# label maps, three for training and one for validation. The last one comes from another collection, and no network of
# this project was trained on it. The label maps are in ``labelmaps/`` in the folder that the environment variable
# ``DESKULL_TEST_DATA`` names.

labelmaps = folder / "labelmaps"
labelmaps.mkdir()
source = Path(os.environ["DESKULL_TEST_DATA"]) / "labelmaps"
for name in ("synthseg_01", "synthseg_02", "synthseg_03", "scatterbrains_13"):
    (labelmaps / f"{name}.nii.gz").symlink_to(source / f"{name}.nii.gz")

run("deskull data synthesise-nfbs NFBS --labelmaps labelmaps --cache anatomies")
print(*sorted(str(path.relative_to(folder)) for path in folder.glob("NFBS/*/*")), sep="\n")

# %%
# The files are arranged as in NFBS: a folder for each subject, with the raw scan, the stripped brain and the brain
# mask. Here is one subject, with the contour of the mask in red on the raw scan and the stripped brain beside it. Look
# at your own data in this way before you use them: ``deskull show SCAN MASK -o FILE.png`` draws such a picture.

from deskull.report.mosaic import draw_mosaic

scans = sorted(folder.glob("NFBS/*/*_T1w.nii.gz"))
masks = [path.with_name(path.name.replace("_T1w", "_T1w_brainmask")) for path in scans]
show(draw_mosaic(formats.read(scans[0]), formats.read(masks[0]), slices=3, title=scans[0].name))

# %%
# Find the scans and split the subjects
# -------------------------------------
#
# ``deskull data index`` searches a folder, pairs each scan with its mask, reads every file, and reports what it cannot
# use, such as a mask on another grid, an empty mask or a truncated file. It knows the layouts of NFBS and BIDS; for any
# other layout, describe the paths with ``--pattern``, or provide a table (:doc:`/how-to/data`).

run("deskull data index NFBS -o NFBS/dataset.csv")
for table in ("dataset.csv", "splits.csv"):
    print(table, *(folder / "NFBS" / table).read_text().splitlines()[:3], "...", "", sep="\n")

# %%
# The result is two tables, which you may edit. ``splits.csv`` assigns *subjects*, not scans, to training and
# validation, because two scans of a subject are nearly the same image. If one of them were used for training and the
# other for validation, a network could score well by memorising the subject, and its score would say nothing about new
# patients. All scans of a subject are therefore in the same split, and subjects in the table keep their split when
# scans are added later.
#
# Correct the bias field
# ----------------------
#
# A receiver coil is more sensitive to tissue near it than to tissue far from it, so that the same tissue is bright in
# one place and dark in another. N4 estimates this smooth bias field and divides the scan by it. It does not need every
# voxel: with a shrink factor of 3 it uses one voxel in 27, with 6 one in 216. We try both on the last head.

from deskull.preprocessing.bias_field import bias_field
from deskull.preprocessing.intensity import above_otsu

scan, brain = formats.read(scans[-1]), formats.read(masks[-1]).data > 0
fields = {}
for shrink in (3, 6):
    start = time.perf_counter()
    fields[shrink] = bias_field(scan, above_otsu(scan.values()), shrink)
    print(f"shrink {shrink}: {time.perf_counter() - start:.1f} s")

apart = np.abs(fields[6] / fields[3] - 1)[brain]
print(f"in 99 % of the voxels of the brain, the two fields differ by less than {np.percentile(apart, 99):.1%}")

# %%
# The coarse field is good enough. ``deskull.preprocessing.bias_field.correct_head`` estimates the field and divides by
# it in one call; here, we divide by the field that we have, and show the scan, the field and the corrected scan.

from deskull.preprocessing.grid import conform


def axial(volume):
    """Return an axial slice at 1 mm, with the nose at the top."""
    return np.rot90(conform(volume, 1.0, 1).data[:, :, 165])


corrected = scan.with_data(scan.values() / fields[6])
figure, axes = plt.subplots(1, 3, figsize=(10, 4.4), layout="constrained")
axes[0].imshow(axial(scan), cmap="gray", vmin=0, vmax=650)
drawn = axes[1].imshow(axial(scan.with_data(fields[6])), cmap="viridis")
axes[2].imshow(axial(corrected), cmap="gray", vmin=0, vmax=650)
figure.colorbar(drawn, ax=axes[1], orientation="horizontal", shrink=0.7)
for place, title in zip(axes, ("before", "field", "after"), strict=True):
    place.set(title=title, xticks=[], yticks=[])

# %%
# Resample all heads to one grid
# ------------------------------
#
# A network expects all scans with the same axes, the same voxel size and the same range of intensities. The recipe
# ``article`` follows the tutorial: N4, a grid of 96 x 128 x 160 voxels of 2 mm, zero mean and unit variance in the
# head. ``deskull data prepare`` does this once for a whole data set and caches the results. When it is repeated, it
# prepares only scans that are new.

for _ in range(2):
    run("deskull data prepare NFBS/dataset.csv -o prepared --recipe article --n4-shrink 6")

# %%
# From 1 mm to 2 mm, eight voxels become one. *Linear* interpolation averages them; *nearest* takes one and ignores
# seven, which is what the tutorial did. This is harmless for a mask, but it leaves all the noise in a scan and makes
# its edges ragged, and edges are what the network has to find.

from deskull.preprocessing.settings import Preprocessing

linear = Preprocessing(size=(96, 128, 160), intensity="standardise")
nearest = replace(linear, interpolation="nearest")
figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
for place, how in zip(axes, (linear, nearest), strict=True):
    seen = how.apply(corrected).data
    place.imshow(np.rot90(seen[44, 10:118, 65:155]), cmap="gray", vmin=-2, vmax=2)
    place.set(title=how.interpolation, xticks=[], yticks=[])

# %%
# These are the histograms of all four heads: on the left the intensities of the scanner, which have no unit, and on the
# right those after preparation, which have the same mean and the same width. The contrast between grey and white matter
# still differs between the heads, and no scaling can change that; the network has to cope with it.

from deskull.data.cache import load_prepared
from deskull.data.cases import read_cases
from deskull.data.prepare import prepare
from deskull.train.recipe_files import load_recipe

cases = read_cases(folder / "NFBS" / "dataset.csv")
how = replace(load_recipe("article").preprocessing, n4_shrink=6)
figure, (before, after) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
for outcome in prepare(cases, how, folder / "prepared"):
    raw, ready = formats.read(outcome.case.raw).values(), load_prepared(outcome.path).image.astype(np.float32)
    for place, values, bins in ((before, raw, np.arange(0, 900, 10)), (after, ready, np.arange(-2.5, 3.5, 0.05))):
        place.hist(values[above_otsu(values)], bins, histtype="step", density=True)
before.set(title="as scanned", xlabel="stored value", ylabel="fraction of the head's voxels", yticks=[])
after.set(title="prepared", xlabel="standard deviations from the head's mean", yticks=[])

# %%
# Augment the training samples
# ----------------------------
#
# Three heads are few, and a network soon memorises even a hundred. Each head is therefore changed at random each time
# it is used: it is rotated and deformed, and most recipes also add a bias field, blur, crop, change the contrast and
# add noise. The mask is deformed with the head. Look at the samples before you train: ``deskull train nfbs --data
# NFBS/dataset.csv -o run --sheet samples.png`` draws the first samples and stops. We do the same in Python, for two
# epochs of two heads, each in three planes with the true contour.

from deskull.train.callbacks.pictures import contact_sheet
from deskull.train.data.pairs import PairSamples

nfbs = load_recipe("nfbs")
ready = [outcome.path for outcome in prepare(cases[:2], nfbs.preprocessing, folder / "prepared")]
epochs = [PairSamples(ready, nfbs, epoch, training=True) for epoch in (0, 1)]
show(contact_sheet([samples[item] for samples in epochs for item in range(2)], columns=2))

# %%
# Write a recipe and train
# ------------------------
#
# A recipe is a small file that describes how a network is trained; everything that it does not mention has a default.
# This one describes a U-Net of 80 thousand weights at 4 mm that predicts the signed distance to the surface of the
# brain in mm, negative inside. Its samples are only rotated and deformed (``pose``), because the training is short.

recipe = """\
description: A toy that is trained while this page is built
network: unet
channels: [8, 16, 32]
voxel_size: 4.0
augmentation: pose
loss: distance
learning_rate: 0.01
warmup_steps: 10
ema_decay: 0.9
epochs: 32
workers: 0
"""
(folder / "recipe.yaml").write_text(recipe)
run("deskull train recipe.yaml --data NFBS/dataset.csv -o run --resume")

# %%
# With ``--resume``, an interrupted training continues when the command is repeated, and gives the same network. The
# folder ``run`` shows the progress of the training: ``curves.png`` contains the learning curves,

show(Image.open(folder / "run" / "curves.png"))

# %%
# and ``pictures`` contains a picture for each epoch, with the predicted contour (red) over the true one (green) on the
# validation heads. This is the last one, enlarged, because one pixel is a voxel of 4 mm.

last = Image.open(sorted(folder.glob("run/pictures/*.png"))[-1])
show(last.resize((5 * last.width, 5 * last.height), Image.Resampling.NEAREST))

# %%
# **This network is a toy.** It was trained on three heads, for 96 steps, at 4 mm, only to show each step. Its scores
# say nothing about the real recipes, which use more heads and train for much longer, and which are evaluated in
# :doc:`/notebook/recipes`.
#
# Strip with it
# -------------
#
# ``deskull export`` converts a run to a file that ``deskull strip`` can use, with a card that describes how the network
# was trained and how scans must be prepared for it. From here on, neither the recipe nor PyTorch is needed. We strip
# the validation head with the toy and with the network that ships with deskull.

run("deskull export run -o toy.onnx")
run("deskull strip NFBS/dataset.csv --split validation --model toy.onnx -o toy --threads 1")
run("deskull strip NFBS/dataset.csv --split validation -o shipped --threads 1")

# %%
# The mask of the toy on the raw scan:

held_out = formats.read(scans[-1])
found = next(folder.glob("toy/*_brainmask.nii.gz"))
show(draw_mosaic(held_out, formats.read(found), slices=3, title="toy"))

# %%
# and that of the shipped network:

show(draw_mosaic(held_out, formats.read(folder / "shipped" / found.name), slices=3, title="shipped"))

# %%
# Evaluate the masks
# ------------------
#
# ``deskull evaluate`` scores the masks of a folder against the references of the table. With ``--against``, it compares
# two models, and tests whether they differ if there are six cases or more. Add ``--html page.html`` for a page with
# charts and pictures of the worst cases (:doc:`/how-to/evaluate`).

run("deskull evaluate toy NFBS/dataset.csv --split validation --against shipped=shipped --csv scores.csv")

# %%
# The same in Python. Dice and IoU, which the tutorial used, are two scales for the same overlap: Dice = 2 IoU / (1 +
# IoU).

from deskull.evaluation.metrics import score

truth = formats.read(masks[-1])
for model in ("toy", "shipped"):
    its = score(formats.read(folder / model / found.name).data, truth.data, truth.voxel_sizes)
    print(f"{model:8} Dice {its.dice:.3f}  IoU {its.iou:.3f}  HD95 {its.hd95:.1f} mm")

# %%
# Try another contrast
# --------------------
#
# The tutorial's approach has a limitation: our toy was trained on T1-weighted heads only. How well does it strip the
# same head in another contrast, in which fluid is bright and fat is dark? With a label map, we can generate images of
# the same head in the same position and in other contrasts.

from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.label_map import load_label_map
from deskull.train.synthesis.nfbs import CONFIG

label_map = load_label_map(labelmaps / "scatterbrains_13.nii.gz", folder / "anatomies")
strippers = {"toy": deskull.Stripper(folder / "toy.onnx", threads=1), "shipped": deskull.Stripper(threads=1)}
colours = {"toy": "tab:orange", "shipped": "tab:blue"}
families = ("T1w", "T2w", "FLAIR", "EPI", "CT")
dice = {model: [] for model in strippers}
figure, axes = plt.subplots(1, len(families), figsize=(12, 3.2), layout="constrained")
for place, family in zip(axes, families, strict=True):
    painted = replace(
        CONFIG, voxel_size=2.0, oversampling=2, contrast=replace(CONFIG.contrast, family_weights={family: 1.0})
    )
    head = synthesise(label_map, 1, (96, 128, 128), painted)
    image, brain = head.image[0, 0].numpy(), head.distance[0, 0].numpy() < 0
    place.imshow(np.rot90(image[48]), cmap="gray")
    place.set(title=family, xticks=[], yticks=[])
    for model, stripper in strippers.items():
        answer = stripper.strip(deskull.Volume(image, np.diag([2.0, 2.0, 2.0, 1.0])), quality="none").mask.data
        place.contour(np.rot90(answer[48]), [0.5], colors=colours[model], linewidths=1)
        dice[model].append(score(answer, brain).dice)

# %%
# The contour of the toy is orange, that of the shipped network blue. Their Dice as bars:

figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
for shift, model in zip((-0.2, 0.2), strippers, strict=True):
    bars = axes.bar(np.arange(len(families)) + shift, dice[model], 0.38, color=colours[model], label=model)
    axes.bar_label(bars, fmt="%.2f", fontsize=8)
axes.set(ylabel="Dice", ylim=(0, 1.25), xticks=range(len(families)), xticklabels=families)
axes.legend(loc="upper right", ncols=2)

# %%
# The shipped network copes with all of them, because it was trained on synthetic images of all contrasts (see
# :doc:`/how-to/train`). If you have scans of your own, you therefore need not start from nothing: the recipe
# ``finetune`` starts from the shipped network and preserves what it has learnt. A network that was trained from nothing
# on one kind of scan should only be used on that kind of scan.
