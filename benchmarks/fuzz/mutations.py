"""Mutants of seeds: which part is damaged, and how; reproducible from format, seed and number."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from benchmarks.fuzz.containers import bomb_of, damaged_encoder
from benchmarks.fuzz.files import Fifo, Folder, Link, Made
from benchmarks.fuzz.headers import damage_bytes, edit_lines, set_field
from benchmarks.fuzz.seeds import Seed, seeds
from benchmarks.fuzz.seeds_dicom import DicomSeed, dicom_seeds
from benchmarks.fuzz.seeds_nibabel import nibabel_seeds

Rng = np.random.Generator

_SUFFIXES = (
    ".nii", ".nii.gz", ".NII.GZ", ".img", ".hdr", ".mgh", ".mgz", ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".zip",
    ".mnc", ".HEAD", ".BRIK", ".PAR", ".REC", ".nii.nii.gz", ".txt", "", ".gz",
)  # fmt: skip
_STEMS = (
    "scan", "SCAN", "%n%s%n", "a b", "-o", "new\nline", "tab\t", "\x1b[31m", "Müller ☃", "x" * 200, "", "\udcff", "..a",
    "sub-01_T1w", "a'b\"c", "$(id)", "scan.nii", "[a]*?",
)  # fmt: skip
#: Four bytes of voxels: floats that are NaN, infinite, huge, tiny or minus zero, and integers at their limits.
_WORDS = tuple(
    bytes.fromhex(word)
    for word in [
        "7fc00000",
        "0000c07f",
        "7f800000",
        "0000807f",
        "ff7fffff",
        "ffff7fff",
        "7f7fffff",
        "ffff7f7f",
        "00000001",
        "80000000",
        "00000080",
    ]
)


@dataclass(frozen=True)
class Mutant:
    """A damaged image.

    Attributes
    ----------
    format : str
        Name of its seed.
    seed, number : int
        With the format they determine the mutant.
    """

    format: str
    seed: int
    number: int

    def make(self) -> Made:
        """Return the files and what was done to them."""
        rng = np.random.default_rng([zlib.crc32(self.format.encode()), self.seed, self.number])
        source = all_seeds()[self.format]
        return source.mutate(rng) if isinstance(source, DicomSeed) else _mutate(source, rng)


@cache
def all_seeds() -> dict[str, Seed | DicomSeed]:
    """Return every seed by the name of its format."""
    return {**seeds(), **{seed.name: seed for seed in nibabel_seeds()}, **dicom_seeds()}


def _mutate(seed: Seed, rng: Rng) -> Made:
    """Damage one part of a seed of header and voxels."""
    parts = ["header"] * 6 + ["body"] * 2 + ["files", "name"] + ["container"] * (4 if seed.encoding != "raw" else 0)
    part = parts[int(rng.integers(len(parts)))]
    if part == "header":
        header, label = _damaged_header(seed, rng)
        return Made(seed.files(header=header), seed.main, part, label)
    if part == "body":
        body, label = _damaged_body(seed, rng)
        return Made(seed.files(body=body), seed.main, part, label)
    if part == "container" and seed.large and rng.random() < 0.06:
        return Made(seed.files(header=seed.large, encode=bomb_of(seed)), seed.main, part, "bomb with an honest header")
    if part == "container":
        encode, label = damaged_encoder(seed.encoding, rng)
        return Made(seed.files(encode=encode), seed.main, part, label)
    return _renamed(seed, rng) if part == "name" else _damaged_files(seed, rng)


def _renamed(seed: Seed, rng: Rng) -> Made:
    """Give the file that is read an odd name, or the name of another format."""
    suffix = seed.main[seed.main.index(".") :]
    if rng.random() < 0.5:
        suffix = _SUFFIXES[int(rng.integers(len(_SUFFIXES)))]
    name = _STEMS[int(rng.integers(len(_STEMS)))] + suffix or "no name"
    files = seed.files()
    files[name] = files.pop(seed.main)
    return Made(files, name, "files", f"renamed {name[:40]}")


def _damaged_header(seed: Seed, rng: Rng) -> tuple[bytes, str]:
    """Change fields or lines of a header once or twice, or its bytes."""
    if rng.random() < 0.2 or not (seed.fields or seed.separator):
        return damage_bytes(seed.header, rng)
    edit = set_field if seed.fields else edit_lines
    header, label = edit(seed, rng)
    if rng.random() < 0.2:
        changed = replace(seed, header=header)
        try:
            header, more = edit(changed, rng)
        except (IndexError, ValueError):  # nothing left to change
            return header, label
        label = f"{label}; {more}"
    return header, label


def _damaged_body(seed: Seed, rng: Rng) -> tuple[bytes, str]:
    """Make the voxels fewer, more, or others, before compression."""
    body = seed.body
    action = int(rng.integers(7))
    if action == 0:
        return body[: int(rng.integers(len(body)))], "truncated"
    if action == 1:
        return body[: -int(rng.integers(1, 9))], "a few bytes missing"
    if action == 2:
        return body + rng.bytes(int(2 ** rng.integers(0, 20))), "extended"
    if action == 3:
        return rng.bytes(len(body)), "noise"
    if action == 4:
        return bytes(len(body)), "zeros"
    if action == 5:
        at, word = 4 * int(rng.integers(len(body) // 4)), _WORDS[int(rng.integers(len(_WORDS)))]
        count = int(4 ** rng.integers(0, 6))
        return (body[:at] + word * count)[: len(body)] + body[at + 4 * count :], f"{count} words {word.hex()}"
    return damage_bytes(body, rng)


def _damaged_files(seed: Seed, rng: Rng) -> Made:
    """Replace or remove one of the files, or damage one as a whole."""
    files = seed.files()
    names = sorted(files)
    name = names[int(rng.integers(len(names)))]
    content = files[name]
    replacements: list[tuple[str, object]] = [
        ("pipe", Fifo()),
        ("link to /dev/zero", Link("/dev/zero")),
        ("link out of the folder", Link("../outside/voxels.raw")),
        ("link to itself", Link(name)),
        ("link to nothing", Link(".git/annex/objects/xx/scan")),
        ("folder", Folder()),
        ("empty", b""),
        ("one byte", b"\0"),
        ("git LFS pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        ("text", b"<html>404 not found</html>\n" * 20),
        ("noise", rng.bytes(4000)),
        ("missing", None),
    ]
    choice = int(rng.integers(len(replacements) + 6))
    if choice >= len(replacements):
        assert isinstance(content, bytes)
        files[name], label = damage_bytes(content, rng)
        return Made(files, seed.main, "files", f"{name}: {label}")
    label, replacement = replacements[choice]
    if replacement is None:
        del files[name]
    else:
        files[name] = replacement  # type: ignore[assignment]
    return Made(files, seed.main, "files", f"{name}: {label}")
