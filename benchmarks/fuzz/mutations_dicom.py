"""Mutations of DICOM: tags, slices that are missing or do not belong, bytes of files, and archives."""

from __future__ import annotations

import copy
import struct
import warnings
import zipfile
from functools import cache
from typing import Any

import numpy as np
from benchmarks.fuzz.files import Fifo, Files, Link, Made
from benchmarks.fuzz.headers import damage_bytes
from benchmarks.fuzz.seeds_dicom import DicomSeed, archive, content, pack

Rng = np.random.Generator

_TAGS: dict[str, tuple[Any, ...]] = {
    "Rows": (0, 1, 2, 65535, 13), "Columns": (0, 1, 65535, 11), "BitsAllocated": (0, 1, 8, 12, 32, 64, 65535),
    "BitsStored": (0, 1, 12, 17, 65535), "HighBit": (0, 15, 31, 65535), "PixelRepresentation": (0, 1, 2, 65535),
    "SamplesPerPixel": (0, 2, 3, 65535), "PhotometricInterpretation": ("RGB", "MONOCHROME1", "PALETTE COLOR", "%n%s"),
    "PixelSpacing": ([0, 0], [-1, 1], [1e30, 1e30], [1, 2], ["nan", "nan"], [1000, 1000], [13.0]),
    "ImagePositionPatient": ([0, 0, 0], [1e30, 0, 0], ["nan", 0, 0], [-80, -95], [5, 5, 5]),
    "ImageOrientationPatient": ([1, 0, 0, 0, 1, 0], [0] * 6, [1, 0, 0, 1, 0, 0], [2, 0, 0, 0, 2, 0], ["nan"] * 6),
    "SliceThickness": (0, -1, 1e30, 1000), "SpacingBetweenSlices": (0, -1, 1e30, 1),
    "InstanceNumber": (0, -1, 1, 2147483647), "SeriesNumber": (0, -1, 2147483647, 6), "AcquisitionNumber": (0, 2, 99),
    "EchoTime": (0, -1, 1e30, 80), "NumberOfFrames": (0, -1, 1, 11, 1000000), "Modality": ("SEG", "CT", "PR", "%n%s"),
    "RescaleSlope": (0, 1e30, "nan", 2), "RescaleIntercept": (-1024, 1e30, "nan"),
    "SeriesInstanceUID": ("", "1.2.3", "../../x", "%n%s%n%s"), "SOPInstanceUID": ("", "1.2.3"),
    "StudyInstanceUID": ("", "1.2.3"), "SOPClassUID": ("1.2.840.10008.5.1.4.1.1.7", "", "1.2.3"),
    "ImageType": (["DERIVED", "SECONDARY"], ["ORIGINAL", "PRIMARY", "LOCALIZER"], ["ORIGINAL", "PRIMARY", "P"]),
    "PatientName": ("A" * 5000, "%n%s%n%s", "Müller^Jürgen", ""),
    "SeriesDescription": ("../../../x", "%n%s", "x" * 999),
    "ProtocolName": ("/etc/passwd", "%s" * 50, "x\ny"), "TemporalPositionIndex": (2,),
    "MRAcquisitionType": ("2D",), "SpecificCharacterSet": ("ISO_IR 100", "ISO 2022 IR 87", "NONSENSE"),
    "Manufacturer": ("", "GE MEDICAL SYSTEMS", "Philips Medical Systems", "%s%n"), "SmallestImagePixelValue": (0,),
    "PixelData": (b"", b"\0\0", bytes(1000), bytes(12 * 14 * 2), bytes(12 * 14 * 4)),
    "ImageComments": ("%n%n%n%n", "x" * 9999), "PixelPaddingValue": (100, -2000), "GantryDetectorTilt": (20, 1e30),
}  # fmt: skip
_SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70",
             "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.99", "1.2.3")  # fmt: skip


def mutate(seed: DicomSeed, rng: Rng) -> Made:
    """Damage a series; see `benchmarks.fuzz.mutations.Mutant.make`."""
    if seed.kind == "zip" and rng.random() < 0.6:
        return _damaged_archive(seed, rng)
    changes = [_tags, _tags, _tags, _tags, _bytes, _bytes, _syntax]
    if seed.kind != "file":
        changes += [_slices, _slices, _slices, _names]
    files, label = changes[int(rng.integers(len(changes)))](seed, rng)
    return Made(files, seed.main, "dicom", label)


def _some(rng: Rng, count: int) -> list[int]:
    """Choose one, several or all of a number of things."""
    kind = int(rng.integers(3))
    if kind == 0:
        return [int(rng.integers(count))]
    return list(range(count)) if kind == 1 else sorted({int(k) for k in rng.integers(0, count, 4)})


def _tags(seed: DicomSeed, rng: Rng) -> tuple[Files, str]:
    """Set a tag of one, several or all slices, or delete it."""
    datasets = seed.datasets()
    name = sorted(_TAGS)[int(rng.integers(len(_TAGS)))]
    values = _TAGS[name]
    choice = int(rng.integers(len(values) + 1))
    which = _some(rng, len(datasets))
    for k in which:
        holder = _holder(datasets[k], name, rng)
        if choice == len(values):
            if name in holder:
                del holder[name]
        else:
            _set(holder, name, values[choice])
    value = "deleted" if choice == len(values) else str(values[choice])[:40]
    return pack(seed, [_saved(one) for one in datasets]), f"{name}: {value} in {which}"


def _holder(dataset: Any, name: str, rng: Rng) -> Any:
    """Return the part of a data set that has a tag: a group of a multi-frame image, or the data set itself."""
    for sequence in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        if sequence in dataset:
            group = dataset[sequence].value[int(rng.integers(len(dataset[sequence].value)))]
            for inner in group:
                if inner.VR == "SQ" and len(inner.value) and name in inner.value[0]:
                    return inner.value[0]
    return dataset


def _set(dataset: Any, name: str, value: Any) -> None:
    """Set a tag without validation."""
    from pydicom import config
    from pydicom.datadict import dictionary_VR, tag_for_keyword
    from pydicom.dataelem import DataElement

    vr = dictionary_VR(tag_for_keyword(name)).split(" or ")[-1]
    if name in ("SmallestImagePixelValue", "PixelPaddingValue"):
        vr = "SS"
    values = [str(one) for one in value] if isinstance(value, list) else value
    if vr in ("DS", "IS") and not isinstance(value, list):
        values = str(value)
    # Text that is no number would be refused as a DS: another VR of the same bytes is then used.
    try:
        element = DataElement(tag_for_keyword(name), vr, values, validation_mode=config.IGNORE)
    except (ValueError, TypeError, OverflowError):
        joined = "\\".join(values) if isinstance(values, list) else str(values)
        element = DataElement(tag_for_keyword(name), "LT", joined, validation_mode=config.IGNORE)
    dataset.add(element)


def _saved(dataset: Any) -> bytes:
    """Return the bytes of a data set with values that pydicom would refuse to write; empty if it cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return content(dataset)
        except Exception:  # some values cannot be encoded at all
            return b""


@cache
def _contents(seed: DicomSeed) -> tuple[bytes, ...]:
    """Return the undamaged files of a series."""
    return tuple(content(one) for one in seed.datasets())


def _bytes(seed: DicomSeed, rng: Rng) -> tuple[Files, str]:
    """Damage bytes of one, several or all files, mostly before the pixels."""
    contents = list(_contents(seed))
    which = _some(rng, len(contents))
    end = None if rng.random() < 0.3 else contents[0].find(struct.pack("<HH", 0x7FE0, 0x10)) + 12
    label = ""
    for k in which:
        contents[k], label = damage_bytes(contents[k], rng, end=end)
    return pack(seed, contents), f"{label} in {which}"


def _syntax(seed: DicomSeed, rng: Rng) -> tuple[Files, str]:
    """Claim another transfer syntax, or leave out what a file starts with."""
    contents = list(_contents(seed))
    which = _some(rng, len(contents))
    choice = int(rng.integers(len(_SYNTAXES) + 2))
    for k in which:
        if choice < len(_SYNTAXES):
            old, new = b"1.2.840.10008.1.2.1\0", _SYNTAXES[choice].encode().ljust(20, b"\0")
            contents[k] = contents[k].replace(old, new[:20] if len(new) > 20 else new, 1)
        else:
            contents[k] = contents[k][132:] if choice == len(_SYNTAXES) else bytes(132) + contents[k][132:]
    labels = (*_SYNTAXES, "no preamble", "no DICM")
    return pack(seed, contents), f"syntax {labels[choice]} in {which}"


def _slices(seed: DicomSeed, rng: Rng) -> tuple[Files, str]:
    """Remove, repeat, exchange or mix slices."""
    datasets = seed.datasets()
    action = str(rng.choice(["missing", "repeated", "other size", "other series", "localizer", "truncated", "thinned",
                             "moved", "shuffled", "reversed", "two", "one", "copied numbers"]))  # fmt: skip
    at = int(rng.integers(1, len(datasets) - 1))
    chosen = copy.deepcopy(datasets[at])
    if action == "missing":
        for _ in range(int(rng.integers(1, 4))):
            del datasets[int(rng.integers(len(datasets)))]
    elif action == "repeated":
        datasets.insert(at, chosen)
    elif action == "other size":
        chosen.Rows, chosen.PixelData = 7, bytes(7 * 12 * 2)
        datasets[at] = chosen
    elif action == "other series":
        chosen.SeriesInstanceUID, chosen.SeriesNumber = "1.2.3.4", 6
        datasets.append(chosen)
    elif action == "localizer":
        chosen.ImageOrientationPatient, chosen.SOPInstanceUID = [0, 1, 0, 0, 0, -1], "1.2.3.5"
        datasets.append(chosen)
    elif action == "truncated":
        files = [content(one) for one in datasets]
        files[at] = files[at][: int(rng.integers(len(files[at])))]
        return pack(seed, files), f"slice {at} truncated"
    elif action == "thinned":
        datasets = datasets[:: int(rng.integers(2, 4))]
    elif action == "moved":
        datasets[at].ImagePositionPatient[2] += float(rng.normal() * 20)
    elif action == "shuffled":
        rng.shuffle(datasets)  # type: ignore[arg-type]
    elif action == "reversed":
        datasets.reverse()
    elif action in ("two", "one"):
        datasets = datasets[: 2 if action == "two" else 1]
    else:
        for one in datasets:
            one.InstanceNumber, one.SOPInstanceUID = 1, "1.2.3.6"
    return pack(seed, [content(one) for one in datasets]), f"{action} (slice {at})"


def _names(seed: DicomSeed, rng: Rng) -> tuple[Files, str]:
    """Give the files other names, and put other things beside them."""
    contents = list(_contents(seed))
    patterns = ("IM{:04d}", "{:d}.img", "MR.1.2.{:d}", "{:d}.dicom", "{:d}.IMA", "a/{:d}/x.dcm", "%s{:d}.dcm",
                "-{:d}.dcm", "Müller {:d}.dcm", "{:d}.nii")  # fmt: skip
    pattern = patterns[int(rng.integers(len(patterns)))]
    files = pack(seed, contents, pattern.format)
    if seed.kind == "folder" and rng.random() < 0.5:
        beside = (Fifo(), Link("/dev/zero"), Link("."), b"", rng.bytes(300), b"DICOMDIR", Link("nowhere"))
        files[f"{seed.main}/beside.dcm"] = beside[int(rng.integers(len(beside)))]
    return files, f"names {pattern}"


def _bomb(count: int) -> bytes:
    """An archive of small size with files of 25 MiB of zeros each."""
    name = b"IM000000.dcm"
    whole = archive({name.decode(): bytes(25 << 20)})
    start = whole.index(b"PK\1\2")
    local, central, end = whole[:start], bytearray(whole[start : whole.index(b"PK\5\6")]), bytearray(whole[-22:])
    locals_, centrals = [], []
    for k in range(count):
        own = b"IM%06d.dcm" % k
        central[42:46] = struct.pack("<I", k * len(local))
        locals_.append(local.replace(name, own))
        centrals.append(bytes(central).replace(name, own))
    directory = b"".join(centrals)
    end[8:20] = struct.pack("<HHII", count, count, len(directory), count * len(local))
    return b"".join([*locals_, directory, bytes(end)])


def _damaged_archive(seed: DicomSeed, rng: Rng) -> Made:
    """Damage the archive itself, or put something else into it."""
    members = {f"IM{k:04d}.dcm": one for k, one in enumerate(_contents(seed))}
    whole = archive(members)
    action = str(rng.choice(["bytes", "bytes", "bytes", "truncated", "bomb", "many", "paths", "nested", "empty",
                             "encrypted", "link", "lying size", "stored", "folder", "duplicate", "noise"]))  # fmt: skip
    if action == "bytes":
        made, action = damage_bytes(whole, rng)
    elif action == "truncated":
        made = whole[: int(rng.integers(len(whole)))]
    elif action == "bomb":
        made = _bomb(int(rng.choice([120, 400])))
    elif action == "many":
        made = archive({f"{k}.txt": b"x" for k in range(20_000)} | members, zipfile.ZIP_STORED)
    elif action == "paths":
        prefix = str(rng.choice(["../../", "/tmp/../", "a/../../", "C:\\", "x" * 240 + "/", "%n/", "\u2603/"]))
        made = archive({prefix + name: one for name, one in members.items()})
        action = f"paths {prefix[:20]}"
    elif action == "nested":
        made = archive({"inner.zip": whole})
    elif action == "empty":
        made = archive({})
    elif action == "encrypted":
        made = whole.replace(b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0")
    elif action == "link":
        made = _with_link(members)
    elif action == "lying size":
        at = whole.rfind(b"PK\1\2") + 24
        made = whole[:at] + struct.pack("<I", int(rng.choice([0, 5, 2**31, 2**32 - 1]))) + whole[at + 4 :]
    elif action == "stored":
        made = archive(members, int(rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])))
    elif action == "folder":
        made = archive({f"a/b/{name}": one for name, one in members.items()})
    elif action == "duplicate":
        made = archive(members | {f"copy/{name}": one for name, one in members.items()})
    else:
        made = whole + rng.bytes(500)
    return Made({seed.main: made}, seed.main, "zip", action)


def _with_link(members: dict[str, bytes]) -> bytes:
    """An archive with a symbolic link among its files."""
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        link = zipfile.ZipInfo("link.dcm")
        link.external_attr = 0o120777 << 16
        target.writestr(link, "/dev/zero")
        for name, one in members.items():
            target.writestr(zipfile.ZipInfo(name), one)
    return buffer.getvalue()
