"""Resources: the smallest of the limits that the machine, a container and a job of a queue set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deskull.system.resources import available_gb, default_threads, memory_limit_gb, total_gb, usable_cores

GB = 1_000_000_000


def fake_machine(root: Path, membership: str, files: dict[str, str]) -> tuple[Path, Path]:
    """Make folders as Linux shows them: 64 GB of free memory, a process in control groups, and their files."""
    proc, groups = root / "proc", root / "cgroup"
    written = {
        proc / "meminfo": "MemTotal: 125000000 kB\nMemAvailable:   64000000 kB\n",
        proc / "self/cgroup": membership,
    }
    for path, text in (written | {groups / name: text for name, text in files.items()}).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return proc, groups


def test_job_of_a_queue_has_the_smallest_limit_of_all_groups_above_it(tmp_path):
    files = {
        "job_7/memory.max": f"{8 * GB}",
        "job_7/memory.current": f"{5 * GB}",
        "job_7/memory.stat": f"anon 1\ninactive_file {2 * GB}\n",
        "job_7/step_0/memory.max": "max",
        "job_7/step_0/memory.current": f"{5 * GB}",
        "job_7/cpu.max": "100000 100000",
    }
    where = fake_machine(tmp_path, "0::/job_7/step_0\n", files)
    assert available_gb(*where) == pytest.approx(
        5
    )  # 3 GB are free and 2 GB are cached files, which the system can drop
    assert usable_cores(*where) == 1


def test_limits_of_cgroup_v1_are_read(tmp_path):
    files = {
        "memory/slurm/job_7/memory.limit_in_bytes": f"{4 * GB}",
        "memory/slurm/job_7/memory.usage_in_bytes": f"{1 * GB}",
        "memory/slurm/memory.limit_in_bytes": "9223372036854771712",
        "memory/slurm/memory.usage_in_bytes": f"{1 * GB}",
        "cpu,cpuacct/slurm/cpu.cfs_quota_us": "-1",
        "cpu,cpuacct/slurm/cpu.cfs_period_us": "100000",
    }
    where = fake_machine(tmp_path, "4:memory:/slurm/job_7\n2:cpu,cpuacct:/slurm\n0::/\n", files)
    assert available_gb(*where) == pytest.approx(3)
    assert usable_cores(*where) == usable_cores(tmp_path, tmp_path)


def test_container_that_shows_its_own_group_as_the_root_is_limited(tmp_path):
    files = {"memory.max": f"{2 * GB}", "memory.current": f"{3 * GB}", "cpu.max": "250000 100000"}
    where = fake_machine(tmp_path, "0::/docker/abc\n", files)
    assert available_gb(*where) == 0
    assert usable_cores(*where) == min(2, usable_cores(tmp_path, tmp_path))


@pytest.mark.parametrize(("limit", "expected"), [(f"{2 * GB}", 2), ("max", None), (f"{999 * GB}", None)])
def test_memory_of_a_container_is_the_limit_of_its_group(tmp_path, limit, expected):
    proc, groups = fake_machine(tmp_path, "0::/docker/abc\n", {"memory.max": limit})
    assert total_gb(proc) == pytest.approx(128)
    assert memory_limit_gb(proc, groups) == expected


def test_without_control_groups_there_is_no_limit(tmp_path):
    assert available_gb(tmp_path, tmp_path) == float("inf")
    assert 1 <= usable_cores(tmp_path, tmp_path) <= (os.cpu_count() or 1)


def test_limits_of_this_machine_are_plausible():
    assert 0 < available_gb() < 1e6
    assert 1 <= default_threads() <= 8


@pytest.mark.parametrize("text", ["", "max 100000", "x y", "100000 0", "1"])
def test_malformed_or_missing_limit_of_cores_is_no_limit(tmp_path, text):
    where = fake_machine(tmp_path, "0::/job\n", {"job/cpu.max": text})
    assert usable_cores(*where) == usable_cores(tmp_path / "none", tmp_path / "none")


def test_fraction_of_a_core_counts_as_one(tmp_path):
    assert usable_cores(*fake_machine(tmp_path, "0::/job\n", {"job/cpu.max": "20000 100000"})) == 1


@pytest.mark.parametrize("text", ["", "MemTotal: 1 kB\n", "MemAvailable: many\n"])
def test_malformed_memory_of_the_machine_is_no_limit(tmp_path, text):
    proc, groups = fake_machine(tmp_path, "0::/\n", {})
    (proc / "meminfo").write_text(text)
    assert available_gb(proc, groups) == float("inf")
