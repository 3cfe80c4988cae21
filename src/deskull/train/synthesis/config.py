"""Settings of synthesis: the probability and the strength of everything that varies between images."""

from __future__ import annotations

from dataclasses import dataclass, field

from deskull.train.synthesis.contrast import ContrastConfig
from deskull.train.synthesis.meninges import MeningesConfig
from deskull.train.synthesis.spatial import PoseConfig
from deskull.train.synthesis.susceptibility import EpiConfig


@dataclass(frozen=True)
class SynthesisConfig:
    """Settings of synthesis. All probabilities are per image, 0 to 1; 0 turns an effect off.

    Attributes
    ----------
    voxel_size : float
        Edge of the voxels on which the distances lie, in mm.
    stride : int
        Number of image voxels along each edge of one of those voxels.
    band : float
        Distances are clipped to plus or minus this, in mm.
    margin : float
        By how much the brain surface lies outside that of the label map, in mm: label maps end at the grey matter,
        reference masks mostly a little further out.
    oversampling : int
        Number of points along each edge of a distance voxel at which tissues are sampled; a multiple of `stride`.
    pose : PoseConfig
    contrast : ContrastConfig
    meninges : MeningesConfig
    epi : EpiConfig
    neck_probability : float
        That the lowest slice of the label map is repeated below it; otherwise there is air.
    fat_probability : float
        That parts of the soft tissue are fat.
    lesion_probability : float
        That one to four lesions lie in the brain.
    defacing_probability, skull_stripped_probability : float
        That the face has been blanked; that everything but the brain has.
    atrophy_probability : float
        That the brain is smaller (or a little larger) in a skull of the same size.
    cortical_erosion_probability : float
        That the outermost tissue of the brain is fluid, so that the width of the fluid varies freely.
    wide_cistern_probability : float
        That the brain recedes at one place, mostly low, as beside a wide cisterna magna or an arachnoid cyst.
    wide_cistern_mm : tuple of float
        Range of how far it recedes there, in mm: the project's own choice.
    ventricle_probability : float
        That the middle of the brain, with its ventricles, is magnified.
    pad_probability, noisy_air_probability : float
        That pads lie around the head; that the air of a T1w image holds bright noise.
    metal_probability : float
        That a metal object causes a signal void.
    bias_field : float
        Largest standard deviation of the logarithm of the bias field.
    coil_probability : float
        That signal falls off (or grows) with the distance from a point.
    thick_slices_probability, coarse_voxels_probability : float
        That slices are thick; that voxels are large.
    axial_slices_probability : float
        That thick slices are axial; sagittal and coronal ones share the rest.
    slice_mm : tuple of float
        Range of the spacing of thick slices in mm: clinical protocols have 3 to 7 mm.
    slice_gap : tuple of float
        Range of the gap between thick slices, as a fraction of their spacing.
    ghosting_probability, motion_probability, spike_probability : float
        That there are ghosts along an axis, motion between parts of the scan, or a spike in k-space.
    distortion : float
        Largest standard deviation of the displacement along the phase axis of EPI, in mm.
    cropping_probability : float
        That the field of view cuts the head.
    oblique_cut_probability : float
        That the image is 0 beyond an oblique plane through the brain, as where an oblique scan was resampled to
        straight axes. What was not scanned is not brain.
    noise : float
        Largest standard deviation of the noise, as a fraction of the signal of bright tissue.
    """

    voxel_size: float = 2.0
    stride: int = 1
    band: float = 10.0
    margin: float = 0.5
    oversampling: int = 2
    pose: PoseConfig = field(default_factory=PoseConfig)
    contrast: ContrastConfig = field(default_factory=ContrastConfig)
    meninges: MeningesConfig = field(default_factory=MeningesConfig)
    epi: EpiConfig = field(default_factory=EpiConfig)
    neck_probability: float = 0.6
    fat_probability: float = 0.7
    lesion_probability: float = 0.12
    defacing_probability: float = 0.2
    skull_stripped_probability: float = 0.03
    atrophy_probability: float = 0.3
    cortical_erosion_probability: float = 0.4
    wide_cistern_probability: float = 0.0
    wide_cistern_mm: tuple[float, float] = (3.0, 9.0)
    ventricle_probability: float = 0.1
    pad_probability: float = 0.08
    noisy_air_probability: float = 0.05
    metal_probability: float = 0.04
    bias_field: float = 0.45
    coil_probability: float = 0.35
    thick_slices_probability: float = 0.45
    coarse_voxels_probability: float = 0.15
    axial_slices_probability: float = 0.6
    slice_mm: tuple[float, float] = (2.5, 7.5)
    slice_gap: tuple[float, float] = (0.0, 0.3)
    ghosting_probability: float = 0.08
    motion_probability: float = 0.06
    spike_probability: float = 0.02
    distortion: float = 5.0
    cropping_probability: float = 0.5
    oblique_cut_probability: float = 0.0
    noise: float = 0.1

    @property
    def image_voxel_size(self) -> float:
        """Edge of the image's voxels in mm."""
        return self.voxel_size / self.stride
