"""PAR/REC: read as nibabel reads it; headers that lie are refused before a voxel is read."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest

from deskull import InputError, formats
from deskull.errors import DeskullWarning

VOXELS = np.random.default_rng(0).integers(0, 900, (8, 6, 4)).astype("<u2")
GENERAL = {
    "Patient name": "PATIENT",
    "Max. number of slices/locations": "4",
    "Max. number of echoes": "1",
    "Max. number of dynamics": "1",
    "Scan mode": "MS",
    "Repetition time [ms]": "2000.0",
    "FOV (ap,fh,rl) [mm]": "240.0  70.0  240.0",
    "Angulation midslice(ap,fh,rl)[degr]": "-13.3  0.0  0.0",
    "Off Centre midslice(ap,fh,rl) [mm]": "2.5  30.3  -16.0",
    "Diffusion         <0=no 1=yes> ?": "0",
    "Max. number of diffusion values": "1",
    "Max. number of gradient orients": "1",
    "Dynamic scan      <0=no 1=yes> ?": "1",
}
#: A slice's line as format V4.1 has it.
LINE = (
    "{slice} 1 {dynamic} 1 {type} 2 {index} {bits} 62 {width} 6 {inter} {slope} 4e-3 1070 1860 -13.3 0 0 2.5 0 -8.7 "
    "{thickness} 2.0 0 1 0 2 3.75 3.75 30.0 0 0 0 0 90.0 0 0 0 39 0.0 1 1 8 0 0 0 0"
)
PLAIN = {"type": 0, "bits": 16, "width": 8, "inter": 0.0, "slope": 1.25, "thickness": 6.0}


def write(folder, voxels=VOXELS, *, version="V4.1", lines=4, general=None, last=None, **every):
    """Write a pair of files; `last` changes the last slice's line only."""
    settings = {**GENERAL, **(general or {})}
    head = [f"# CLINICAL TRYOUT             Research image export tool     {version}", "#"]
    head += [f".    {name}   :   {value}" for name, value in settings.items()]
    head += ["#", "#  sl ec  dyn ph ty", ""]
    slices = [{"slice": i % 4 + 1, "dynamic": i // 4 + 1, "index": i, **PLAIN, **every} for i in range(lines)]
    if slices:
        slices[-1].update(last or {})
    (folder / "anat.PAR").write_text("\n".join([*head, *(LINE.format(**values) for values in slices), "", "# END"]))
    (folder / "anat.REC").write_bytes(voxels.tobytes(order="F"))
    return folder / "anat.PAR"


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
@pytest.mark.parametrize("named", ["anat.PAR", "anat.REC"])
def test_a_pair_is_read_by_either_name_as_nibabel_reads_it(tmp_path, named):
    volume, expected = (reader(write(tmp_path).with_name(named)) for reader in (formats.read, nib.load))
    np.testing.assert_allclose(volume.values(), expected.get_fdata())
    np.testing.assert_allclose(volume.affine, expected.affine)


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
def test_one_scaling_becomes_slope_and_intercept(tmp_path):
    volume = formats.read(write(tmp_path, inter=-5.0))
    assert (volume.slope, volume.inter) == (1.25, -5.0)
    np.testing.assert_array_equal(volume.data, VOXELS)


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
def test_slices_of_different_scalings_are_read_as_real_values(tmp_path):
    volume = formats.read(write(tmp_path, last={"slope": 2.5}))
    np.testing.assert_allclose(volume.data, VOXELS * np.array([1.25, 1.25, 1.25, 2.5]))


@pytest.mark.filterwarnings("ignore::deskull.errors.DeskullWarning")
def test_dynamics_are_read_as_frames(tmp_path):
    series = np.concatenate([VOXELS, VOXELS[..., ::-1]], axis=-1)
    volume = formats.read(write(tmp_path, series, lines=8, general={"Max. number of dynamics": "2"}))
    np.testing.assert_array_equal(volume.data, np.stack([VOXELS, VOXELS[..., ::-1]], axis=-1))


def test_results_are_nifti_with_a_warning(tmp_path):
    path = write(tmp_path)
    with pytest.warns(DeskullWarning, match="results are written as NIfTI"):
        formats.read(path)
    assert formats.output_suffix(path) == ".nii.gz"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"version": "V3"}, "of version V3"),
        ({"lines": 0}, "damaged or incomplete"),
        ({"lines": 3}, "damaged or incomplete"),
        ({"general": {"Max. number of slices/locations": "99999999"}}, "damaged or incomplete"),
        ({"general": {"Max. number of slices/locations": "-1"}}, "damaged or incomplete"),
        ({"general": {"Max. number of slices/locations": "many"}}, "damaged or incomplete"),
        ({"general": {"Max. number of dynamics": "2"}}, "slices or volumes are missing"),
        ({"general": {"Angulation midslice(ap,fh,rl)[degr]": "nan nan nan"}}, "not finite"),
        ({"general": {" " * 5000: "1"}}, "damaged or incomplete"),
        ({"general": {f"setting {k}": "1" for k in range(300)}}, "damaged or incomplete"),
        ({"last": {"type": 3}}, "several types of image"),
        ({"last": {"width": 7}}, "different or impossible sizes"),
        ({"width": -8}, "different or impossible sizes"),
        ({"width": 2**31}, "voxels"),
        ({"bits": 64}, "different or impossible sizes"),
        ({"last": {"index": 77}}, "not numbered one after the other"),
        ({"last": {"slice": 1}}, "slices or volumes are missing"),
        ({"last": {"slope": "steep"}}, "damaged or incomplete"),
        ({"width": 9}, "cut short"),
    ],
)
def test_a_header_with_an_impossible_value_is_refused(tmp_path, changes, fault):
    with pytest.raises(InputError, match=fault) as caught:
        formats.read(write(tmp_path, **changes))
    assert "PATIENT" not in str(caught.value)


def test_a_missing_rec_is_named(tmp_path):
    path = write(tmp_path)
    (tmp_path / "anat.REC").unlink()
    with pytest.raises(InputError, match=r"other half anat\.REC is missing"):
        formats.read(path)
