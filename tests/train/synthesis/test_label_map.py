"""Label maps: read, cached, or refused."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (deskull[train])")


from deskull import InputError
from deskull.train.synthesis.config import SynthesisConfig
from deskull.train.synthesis.generator import synthesise
from deskull.train.synthesis.label_map import load_label_map


def test_label_map_whose_name_states_no_scheme_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"mine_01\.nii\.gz: .*cannot be inferred from its name.*synthseg_"):
        load_label_map(tmp_path / "mine_01.nii.gz", tmp_path)


def test_real_label_map_is_cached_and_gives_a_head_of_plausible_volume(data, tmp_path):
    path = data / "labelmaps" / "neonate_40w.nii.gz"
    label_map = load_label_map(path, tmp_path)
    again = load_label_map(path, tmp_path)
    np.testing.assert_array_equal(label_map.tissues, again.tissues)
    assert [p.suffix for p in tmp_path.iterdir()] == [".npz"]
    sample = synthesise(label_map, 1, (64, 64, 64), SynthesisConfig(cropping_probability=0))
    assert 200 < float((sample.distance[0, 0] < 0).sum()) * 8 / 1000 < 2000
