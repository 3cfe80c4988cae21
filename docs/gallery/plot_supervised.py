# ruff: noqa: D400, E402
"""
From raw scans to a network of your own
=======================================

deskull began as a tutorial: take the raw T1-weighted scans of a public data set (NFBS, 125 people, each with a brain
mask that people checked), even out their brightness, bring them to one grid, train a residual U-Net on them, watch the
curves, and draw what it predicts over the raw scan. This page walks the same way with deskull's commands, and shows the
same steps in Python where you may want to look inside.

Everything below was run when this page was built, on one core, in a few minutes. To keep it that short we use five
heads, and we make them ourselves: then we know the true brain of each to the voxel. If you have NFBS, or any folder of
scans and masks, start at `Find the scans, split the people`_ and put your folder's name in.
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
# A temporary folder takes everything we write. Commands are run as you would type them, and what they print is shown.

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name).resolve()


def run(command):
    """Run a command in the folder and show what it prints."""
    print(f"$ {command}")
    done = subprocess.run([sys.executable, "-m", *shlex.split(command)], cwd=folder, capture_output=True, text=True)
    print((done.stdout + done.stderr).replace(f"{folder}/", ""))
    done.check_returncode()


def show(picture):
    """Show a picture, pixel by pixel."""
    figure = plt.figure(figsize=(picture.width / 100, picture.height / 100), dpi=100)
    figure.figimage(np.asarray(picture))


# %%
# Make a data set
# ---------------
#
# deskull's network learns from label maps: heads in which every voxel says what it is (skull, fat, grey matter and so
# on), and which can be painted in the colours of any scan. The same paint box makes us a data set. We take five label
# maps, four to learn from and one to check on; the last comes from another collection and belongs to a person that no
# training in this project has ever seen. They are in ``labelmaps/`` below the folder that the environment variable
# ``DESKULL_TEST_DATA`` names.

labelmaps = folder / "labelmaps"
labelmaps.mkdir()
source = Path(os.environ["DESKULL_TEST_DATA"]) / "labelmaps"
for name in ("synthseg_01", "synthseg_02", "synthseg_03", "synthseg_04", "scatterbrains_13"):
    (labelmaps / f"{name}.nii.gz").symlink_to(source / f"{name}.nii.gz")

run("deskull data synthesise-nfbs NFBS --labelmaps labelmaps --cache anatomies")
print(*sorted(str(path.relative_to(folder)) for path in folder.glob("NFBS/*/*")), sep="\n")

# %%
# Files lie as they do in NFBS: a folder for each person, and in it the raw scan, the stripped brain and the brain mask.
# Here is one of them, with the mask's edge in red on the raw scan and the brain beside it. Look at your own data like
# this before you do anything else; on disk, ``deskull show SCAN MASK -o FILE.png`` does it.

from deskull.report.mosaic import draw_mosaic

scans = sorted(folder.glob("NFBS/*/*_T1w.nii.gz"))
masks = [path.with_name(path.name.replace("_T1w", "_T1w_brainmask")) for path in scans]
show(draw_mosaic(formats.read(scans[0]), formats.read(masks[0]), slices=3, title=scans[0].name))

# %%
# Find the scans, split the people
# --------------------------------
#
# ``deskull data index`` looks through a folder, pairs each scan with its mask, reads every file, and tells you what it
# cannot use: a mask on another grid, an empty one, a file that was cut short. NFBS's layout and BIDS are known; for any
# other, say where the files lie with ``--pattern``, or hand over a table of your own (:doc:`/how-to/data`).

run("deskull data index NFBS -o NFBS/dataset.csv")
for table in ("dataset.csv", "splits.csv"):
    print(table, *(folder / "NFBS" / table).read_text().splitlines()[:3], "...", "", sep="\n")

# %%
# Two plain tables, which you may open and change. ``splits.csv`` says who trains and who validates, and it lists
# *subjects*, not scans. That is on purpose: two scans of one person are nearly the same head. With one of them on
# either side, a network could score well by remembering the person, and you would learn nothing about the next patient.
# So nobody ever stands on both sides, and when you add scans later, those who are in the table stay where they are.
#
# Even out the brightness
# -----------------------
#
# A coil hears what is close to it better than what is far away, so one and the same tissue is bright here and dim
# there. N4 estimates that smooth field and divides by it. It need not see every voxel for that: with ``shrink`` 3 it
# sees one of 27, with 6 one of 216. We try both on the head that was shaded most, the last.

from deskull.preprocessing.bias_field import above_otsu, bias_field

scan, brain = formats.read(scans[-1]), formats.read(masks[-1]).data > 0
fields = {}
for shrink in (3, 6):
    start = time.perf_counter()
    fields[shrink] = bias_field(scan, above_otsu(scan.values()), shrink)
    print(f"shrink {shrink}: {time.perf_counter() - start:.1f} s")

apart = np.abs(fields[6] / fields[3] - 1)[brain]
print(f"in 99 of 100 voxels of the brain the two differ by less than {np.percentile(apart, 99):.1%}")

# %%
# The coarse one is good enough for us. ``deskull.preprocessing.bias_field.correct_head`` finds the field and divides by
# it in one call; we have the field already, so we divide ourselves, and put all three side by side.

from deskull.preprocessing.grid import conform


def axial(volume):
    """An axial slice at 1 mm, nose up."""
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
# Bring all heads to one grid
# ---------------------------
#
# A network wants every head alike: the same axes, the same voxel size, the same range of grey. The recipe ``article``
# follows the tutorial: N4, a grid of 96 x 128 x 160 voxels of 2 mm, zero mean and unit variance inside the head.
# ``deskull data prepare`` does that once for a whole data set and keeps the results. Ask again, and it does only what
# is not there yet.

for _ in range(2):
    run("deskull data prepare NFBS/dataset.csv -o prepared --recipe article --shrink 6")

# %%
# Going from 1 mm to 2 mm, eight voxels become one. *Linear* averages them; *nearest* picks one and throws seven away,
# which is what the tutorial did. It costs nothing on a mask, but on a scan it keeps all the noise and frays the edges,
# and the edge is just what we are after.

from deskull.preprocessing.settings import Preprocessing

linear = Preprocessing(size=(96, 128, 160), intensity="standardise")
nearest = replace(linear, interpolation="nearest")
figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
for place, how in zip(axes, (linear, nearest), strict=True):
    seen = how.apply(corrected).data
    place.imshow(np.rot90(seen[44, 10:118, 65:155]), cmap="gray", vmin=-2, vmax=2)
    place.set(title=how.interpolation, xticks=[], yticks=[])

# %%
# And the grey values of all five heads. On the left as they come from the scanner, which has no unit of its own; on the
# right as they were prepared. All now lie around zero and are equally wide. They still do not agree on how bright grey
# matter is beside white, and no scaling can make them: to cope with that is the network's part.

from deskull.data.cache import load_prepared
from deskull.data.cases import read_cases
from deskull.data.prepare import prepare
from deskull.train.recipe import load_recipe

cases = read_cases(folder / "NFBS" / "dataset.csv")
how = replace(load_recipe("article").preprocessing, n4_shrink=6)
figure, (before, after) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
for outcome in prepare(cases, how, folder / "prepared"):
    raw, ready = formats.read(outcome.case.raw).values(), load_prepared(outcome.path).image.astype(np.float32)
    for place, values, bins in ((before, raw, np.arange(0, 900, 10)), (after, ready, np.arange(-2.5, 3.5, 0.05))):
        place.hist(values[above_otsu(values)], bins, histtype="step", density=True)
before.set(title="as scanned", xlabel="stored value", ylabel="share of the head's voxels", yticks=[])
after.set(title="prepared", xlabel="standard deviations from the head's mean", yticks=[])

# %%
# Never the same head twice
# -------------------------
#
# Four heads are few, and even a hundred are soon learnt by heart. So no head is shown to the network as it is. Each
# time it comes it is turned and bent, and most recipes also shade, blur and cut it, change its contrast and add noise.
# The mask goes along, and a new epoch means new heads. Before you train anything, look at what the network will see:
# ``deskull train nfbs --data NFBS/dataset.csv -o run --sheet samples.png`` draws the first samples and stops there. We
# do the same in Python, and let our four heads come twice, each cut in three planes, the edge to be learnt in red.

from deskull.train.callbacks.pictures import contact_sheet
from deskull.train.data.pairs import PairSamples

nfbs = load_recipe("nfbs")
ready = [outcome.path for outcome in prepare(cases[:4], nfbs.preprocessing, folder / "prepared")]
epochs = [PairSamples(ready, nfbs, epoch, training=True) for epoch in (0, 1)]
show(contact_sheet([samples[item] for samples in epochs for item in range(4)], columns=2))

# %%
# Write a recipe, train it
# ------------------------
#
# One small file says everything about how a network is made; what it leaves out has a default. This one asks for a
# U-Net of 80 thousand weights at 4 mm which answers with the distance to the brain's surface in mm, negative inside.
# Its heads are only turned and bent (``pose``), as it has little time.

recipe = """\
description: A toy that is trained while this page is built
network: unet
channels: [8, 16, 32]
voxel: 4.0
augment: pose
loss: distance
rate: 0.01
warmup: 10
ema: 0.9
epochs: 32
workers: 0
"""
(folder / "recipe.yaml").write_text(recipe)
run("deskull train recipe.yaml --data NFBS/dataset.csv -o run --resume")

# %%
# ``--resume`` means: go on if there is something to go on from. Pull the plug at any moment, type the same line again,
# and you end up with the same network. The folder ``run`` fills as training goes, so you can watch: ``curves.png`` has
# the learning curves,

show(Image.open(folder / "run" / "curves.png"))

# %%
# and ``pictures`` shows, after each epoch, the brain that was found (red) over the true one (green) on the heads that
# validate. This is the last; small, because a voxel of 4 mm is one pixel, so we enlarge it.

last = Image.open(sorted(folder.glob("run/pictures/*.png"))[-1])
show(last.resize((5 * last.width, 5 * last.height), Image.Resampling.NEAREST))

# %%
# **This network is a toy.** Four heads, 128 steps, 4 mm: it is here so that you can see each step work, and its
# figures say nothing about the real recipes. Those learnt from more heads, for much longer, and are measured in
# :doc:`/notebook/recipes`.
#
# Strip with it
# -------------
#
# ``deskull export`` turns a run into one file that ``deskull strip`` can use, with a card beside it that says how it
# was made and how it wants its scans. You need neither the recipe nor PyTorch from here on. We strip the head that
# nobody has learnt from, once with the toy and once with the network that ships with deskull.

run("deskull export run -o toy.onnx")
run("deskull strip NFBS/dataset.csv --split validation --model toy.onnx -o toy --threads 1")
run("deskull strip NFBS/dataset.csv --split validation -o shipped --threads 1")

# %%
# The toy's brain over the raw scan:

held_out = formats.read(scans[-1])
found = next(folder.glob("toy/*_brainmask.nii.gz"))
show(draw_mosaic(held_out, formats.read(found), slices=3, title="toy"))

# %%
# and the shipped network's:

show(draw_mosaic(held_out, formats.read(folder / "shipped" / found.name), slices=3, title="shipped"))

# %%
# Measure it
# ----------
#
# A picture convinces, a number compares. ``deskull evaluate`` takes folders of masks and the table, which knows the
# references. With ``--against`` it sets two models side by side, and with six heads or more it also tests whether they
# differ; with one, it says that it cannot. Add ``--html page.html`` for charts and pictures of the worst cases
# (:doc:`/how-to/evaluate`).

run("deskull evaluate toy NFBS/dataset.csv --split validation --against shipped=shipped --csv scores.csv")

# %%
# The same in Python, for a loop of your own. Dice and IoU (the tutorial's measure) tell the same story in two scales:
# Dice = 2 IoU / (1 + IoU).

from deskull.evaluation.metrics import score

truth = formats.read(masks[-1])
for model in ("toy", "shipped"):
    its = score(formats.read(folder / model / found.name).data, truth.data, truth.voxel_sizes)
    print(f"{model:8} Dice {its.dice:.3f}  IoU {its.iou:.3f}  HD95 {its.hd95:.1f} mm")

# %%
# Another scanner, another contrast
# ---------------------------------
#
# Here is the catch in the tutorial's way. Our toy has seen T1-weighted heads only. What will it make of the same head
# in another contrast, where fluid is bright and fat is dark? With label maps we can ask: same person, same pose, other
# colours.

from deskull.train.synthesis.anatomy import load_anatomy
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.nfbs import CONFIG

anatomy = load_anatomy(labelmaps / "scatterbrains_13.nii.gz", folder / "anatomies")
strippers = {"toy": deskull.Stripper(folder / "toy.onnx", threads=1), "shipped": deskull.Stripper(threads=1)}
colours = {"toy": "tab:orange", "shipped": "tab:blue"}
families = ("T1w", "T2w", "FLAIR", "EPI", "CT")
dice = {model: [] for model in strippers}
figure, axes = plt.subplots(1, len(families), figsize=(12, 3.2), layout="constrained")
for place, family in zip(axes, families, strict=True):
    painted = replace(CONFIG, voxel=2.0, oversampling=2, contrast=replace(CONFIG.contrast, shares={family: 1.0}))
    head = synthesise(anatomy, 1, (96, 128, 128), painted)
    image, brain = head.image[0, 0].numpy(), head.distance[0, 0].numpy() < 0
    place.imshow(np.rot90(image[48]), cmap="gray")
    place.set(title=family, xticks=[], yticks=[])
    for model, stripper in strippers.items():
        answer = stripper.strip(deskull.Volume(image, np.diag([2.0, 2.0, 2.0, 1.0]))).mask.data
        place.contour(np.rot90(answer[48]), [0.5], colors=colours[model], linewidths=1)
        dice[model].append(score(answer, brain).dice)

# %%
# The toy in orange, the shipped network in blue. And as bars:

figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
for shift, model in zip((-0.2, 0.2), strippers, strict=True):
    bars = axes.bar(np.arange(len(families)) + shift, dice[model], 0.38, color=colours[model], label=model)
    axes.bar_label(bars, fmt="%.2f", fontsize=8)
axes.set(ylabel="Dice", ylim=(0, 1.25), xticks=range(len(families)), xticklabels=families)
axes.legend(loc="upper right", ncols=2)

# %%
# The shipped network holds, because it was never shown one contrast but all of them, painted on label maps as we did
# here (see :doc:`/how-to/train`). So if you have scans of your own, you need not start from nothing: the recipe
# ``finetune`` begins with the shipped network and keeps hold of what it knows. And if you train from nothing on one
# kind of scan, use it on that kind of scan.
