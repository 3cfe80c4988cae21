"""Measure how reproducible a mask is: on another grid, with more noise, in another contrast, from frame to frame.

    python benchmarks/reproducibility.py DATA [--model default]

DATA is the folder that holds ``tissue``, ``labelled`` and ``unlabelled``. Each change of a scan is compared with the
unchanged scan, on its voxels: difference of the volumes in per cent, Dice, and how far the edge moves in mm (the mean
change of the signed distance within 1 mm of the edge). Frames are made from one EPI scan by noise and motion.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from invariance import resampled_distance, shifted_distance

from deskull import Stripper, Volume, formats
from deskull.preprocessing.resampling import interpolate

Change = Callable[[Stripper, Volume], np.ndarray]

#: Noise, as a fraction of the 99th percentile of the scan; half-width of the shell around the edge, in mm.
NOISE, SHELL_MM = (0.02, 0.05), 1.0
#: Number of simulated frames, and the standard deviation of their shifts in voxels.
N_FRAMES, MOTION_VOXELS = 6, 0.1
GRID_SCANS = (
    "tissue/elderly19_T1", "tissue/elderly21_FLAIR", "labelled/ixi012_T1", "labelled/mne_ecog_T1",
    "labelled/msl_p12_s1_T1W", "labelled/msl_p12_s1_T2W", "labelled/msl_p12_s1_FLAIR",
)  # fmt: skip
EPI_SCANS = ("unlabelled/epi_misc_siemens_mb", "unlabelled/epi_misc_allineate_fmri")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="default")
    options = parser.parse_args()
    stripper = Stripper(options.model)
    measured: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for name, values in all_comparisons(stripper, options.data):
        measured[name].append(values)
        print(f"{name}: volume {values[0]:+.2f} %, Dice {values[1]:.4f}, edge {values[2]:.3f} mm", flush=True)
    print(
        "\n| change | n | volume, median of the absolute % | worst % | Dice, median | worst | edge, median mm | worst |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, rows in measured.items():
        volume, dice, edge = np.abs(np.array(rows)).T
        print(
            f"| {name} | {len(rows)} | {np.median(volume):.2f} | {volume.max():.2f} | {np.median(dice):.4f} "
            f"| {dice.min():.4f} | {np.median(edge):.3f} | {edge.max():.3f} |"
        )


def all_comparisons(stripper: Stripper, data: Path) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Yield the name and the measures of each comparison."""
    for name in GRID_SCANS:
        scan = formats.read(data / f"{name}.nii.gz").finite()
        unchanged = stripper.strip(scan, quality="none").distance.data
        for change, make in CHANGES.items():
            yield change, compare(stripper, unchanged, make(stripper, scan))
    for t1 in sorted((data / "tissue").glob("*_T1.nii.gz")):
        yield "FLAIR instead of T1w", contrasts(stripper, t1, Path(str(t1).replace("_T1.", "_FLAIR.")))
    for name in EPI_SCANS:
        scan = formats.read(data / f"{name}.nii.gz").mean_frame()
        unchanged = stripper.strip(scan, quality="none").distance.data
        for seed in range(N_FRAMES):
            yield "frame of an EPI series (simulated)", compare(stripper, unchanged, frame(seed)(stripper, scan))


def compare(stripper: Stripper, first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Return the difference of volumes in per cent, the Dice and the mean movement of the edge in mm."""
    border = stripper.model.default_border("brain")
    one, other = first < border, second < border
    dice = 2 * (one & other).sum() / (one.sum() + other.sum())
    shell = np.abs(first - border) < SHELL_MM
    edge = np.abs(first[shell] - second[shell]).mean()
    return 100 * (int(other.sum()) / int(one.sum()) - 1), float(dice), float(edge)


def contrasts(stripper: Stripper, first: Path, second: Path) -> tuple[float, float, float]:
    """Compare the masks of two contrasts of one head on the voxels of the first; volumes are those of each own grid."""
    one, other = stripper.strip(first, quality="none"), stripper.strip(second, quality="none")
    to_second = np.linalg.inv(other.scan.affine) @ one.scan.affine
    moved = interpolate(other.distance.data, to_second[:3, :3], to_second[:3, 3], one.scan.shape)
    _, dice, edge = compare(stripper, one.distance.data, moved)
    return 100 * (other.volume_ml / one.volume_ml - 1), dice, edge


def noisy(fraction: float, seed: int = 0) -> Change:
    """Add Rician noise (Gudbjartsson and Patz, Magnetic Resonance in Medicine 1995)."""

    def change(stripper: Stripper, scan: Volume) -> np.ndarray:
        return stripper.strip(scan.with_data(_with_noise(scan.values(), fraction, seed)), quality="none").distance.data

    return change


def _with_noise(values: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Return the magnitude of values with complex noise."""
    random = np.random.default_rng(seed)
    deviation = np.float32(fraction * np.percentile(values, 99))
    real, imaginary = (random.standard_normal(values.shape, np.float32) * deviation for _ in range(2))
    return np.hypot(values + real, imaginary)


def frame(seed: int) -> Change:
    """Move a scan by a fraction of a voxel and add noise; the distance is moved back."""

    def change(stripper: Stripper, scan: Volume) -> np.ndarray:
        shift = np.random.default_rng(seed).normal(0, MOTION_VOXELS, 3)
        moved = interpolate(scan.values(), np.eye(3), shift, scan.shape)
        distance = stripper.strip(scan.with_data(_with_noise(moved, NOISE[0], seed)), quality="none").distance.data
        return interpolate(distance, np.eye(3), -shift, scan.shape)

    return change


CHANGES: dict[str, Change] = {
    "resampled to 1.3 mm": resampled_distance(1.3, 0),
    "resampled to 1 mm, rotated by 15 degrees": resampled_distance(1.0, 15),
    "shifted by half a voxel": shifted_distance,
    **{f"noise of {100 * fraction:g} %": noisy(fraction) for fraction in NOISE},
}

if __name__ == "__main__":
    main()
