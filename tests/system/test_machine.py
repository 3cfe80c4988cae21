"""Machine: processor and instruction sets, as Linux and NumPy state them."""

from __future__ import annotations

import getpass
import json
import platform

import pytest

from deskull.system.machine import cpu_model, describe_machine, describe_memory, instruction_sets


@pytest.fixture
def cpuinfo(tmp_path):
    """A file as Linux has it."""
    path = tmp_path / "cpuinfo"
    path.write_text(
        "processor\t: 0\nmodel name\t: Example CPU 9000\nflags\t\t: fpu sse2 avx2 fma avx512_bf16\n\n"
        "processor\t: 1\nmodel name\t: another\nflags\t\t: fpu\n"
    )
    return path


def test_processor_is_the_first_that_linux_lists(cpuinfo):
    assert cpu_model(cpuinfo) == "Example CPU 9000"


def test_instruction_sets_that_matter_are_listed(cpuinfo):
    assert instruction_sets(cpuinfo) == ["avx2", "fma", "avx512_bf16"]


def test_instruction_sets_of_an_arm_processor_are_listed(tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nFeatures\t: fp asimd bf16\n")
    assert instruction_sets(path) == ["asimd", "bf16"]


def test_numpy_tells_where_linux_does_not(tmp_path):
    assert cpu_model(tmp_path / "none") == platform.processor()
    assert instruction_sets(tmp_path / "none")


def test_machine_is_described_without_its_name_and_its_user():
    text = json.dumps(describe_machine())
    assert platform.node() not in text
    assert f"/{getpass.getuser()}" not in text


def test_memory_of_this_machine_is_plausible():
    memory = describe_memory()
    assert 0 < memory["free_gb"] <= memory["total_gb"] < 1e6
