"""NRRD files that are damaged or lie: each is refused in one sentence that names the file and the fault."""

from __future__ import annotations

import bz2
import gzip
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskull import InputError, formats
from tests.formats.damage import damage_header, is_read_or_refused_in_a_sentence
from tests.formats.nrrd_files import DIRECTIONS, PLAIN, RAW, nrrd_file

DAMAGED = {
    "not NRRD": ({"magic": "HELLO"}, RAW, "not a NRRD file"),
    "version 9": ({"magic": "NRRD0009"}, RAW, "not a NRRD file"),
    "raw data cut short": ({}, RAW[:-1], "cut short"),
    "no data": ({}, b"", "cut short"),
    "far too many raw data": ({}, RAW + bytes(100_000), "more data than"),
    "gzip cut short": ({"encoding": "gzip"}, gzip.compress(RAW)[:-9], "cut short"),
    "gzip with a wrong checksum": ({"encoding": "gzip"}, gzip.compress(RAW)[:-5] + b"!!!!!", "damaged"),
    "gzip that is none": ({"encoding": "gzip"}, b"no gzip at all", "damaged"),
    "gzip bomb": ({"encoding": "gzip"}, gzip.compress(bytes(30_000_000)), "more data than"),
    "bzip2 bomb": ({"encoding": "bzip2"}, bz2.compress(bytes(30_000_000)), "more data than"),
    "bzip2 cut short": ({"encoding": "bzip2"}, bz2.compress(RAW)[:-9], "cut short"),
    "bzip2 that is none": ({"encoding": "bzip2"}, b"no bzip2 at all", "damaged"),
    "text with a word": ({"encoding": "ascii"}, b"1 2 three " * 8, "not a number"),
    "text cut short": ({"encoding": "ascii"}, b"1 " * 23, "cut short"),
    "hexadecimal digits that are none": ({"encoding": "hex"}, b"xy" * 48, "hexadecimal"),
    "hexadecimal digits cut short": ({"encoding": "hex"}, b"00" * 47, "cut short"),
    "line skip 100000000": ({"line skip": 100_000_000}, RAW, "line skip"),
    "line skip beyond the end": ({"line skip": 9000}, RAW, "cut short"),
    "line skip -1": ({"line skip": -1}, RAW, "line skip"),
    "byte skip beyond the end": ({"byte skip": 10**15}, RAW, "cut short"),
    "byte skip of gzip beyond the end": ({"byte skip": 10**15, "encoding": "gzip"}, gzip.compress(RAW), "cut short"),
    "byte skip -2": ({"byte skip": -2}, RAW, "byte skip"),
    "byte skip -1 in a short file": ({"byte skip": -1}, RAW[:-1], "cut short"),
    "byte skip of words": ({"byte skip": "many"}, RAW, "byte skip"),
    "dimension 100": ({"dimension": 100}, RAW, "dimension"),
    "dimension 17": ({"dimension": 17}, RAW, "dimension"),
    "dimension -1": ({"dimension": -1}, RAW, "dimension"),
    "dimension missing": ({"dimension": None}, RAW, "dimension"),
    "negative size": ({"sizes": "4 -3 2"}, RAW, "sizes"),
    "zero size": ({"sizes": "4 0 2"}, RAW, "sizes"),
    "size in floating point": ({"sizes": "4 3e0 2"}, RAW, "sizes"),
    "huge sizes": ({"sizes": "99999 99999 99999"}, RAW, "claims"),
    "sizes that promise more than the file holds": ({"sizes": "400 300 200"}, RAW, "cut short"),
    "sizes of too few axes": ({"sizes": "4 6"}, RAW, "sizes"),
    "type block": ({"type": "block", "block size": 4}, RAW, "unknown type"),
    "type missing": ({"type": None}, RAW, "unknown type"),
    "endian missing": ({"endian": None}, RAW, "byte order"),
    "endian of words": ({"endian": "middle"}, RAW, "byte order"),
    "encoding unknown": ({"encoding": "zrl"}, RAW, "encoding"),
    "encoding missing": ({"encoding": None}, RAW, "encoding"),
    "field twice": ({"extra": "type: short"}, RAW, "twice"),
    "line without a field": ({"extra": "no colon here"}, RAW, "no colon here"),
    "no voxel size": ({**PLAIN, "spacings": None}, RAW, "no voxel size"),
    "spacing NaN": ({**PLAIN, "spacings": "nan 1 1"}, RAW, "no voxel size"),
    "spacing of words": ({**PLAIN, "spacings": "one two three"}, RAW, "spacings"),
    "spacing zero": ({**PLAIN, "spacings": "0 1 1"}, RAW, "voxel size is zero"),
    "spacing 1e30": ({**PLAIN, "spacings": "1e30 1 1"}, RAW, "1e.30 mm"),
    "unknown unit": ({"space units": '"furlong" "mm" "mm"'}, RAW, "furlong"),
    "too few units": ({"space units": '"mm"'}, RAW, "space units"),
    "micrometres without their unit": ({**PLAIN, "spacings": "1000 1000 1000"}, RAW, "micrometres"),
    "space of the scanner": ({"space": "scanner-xyz"}, RAW, "not anatomical"),
    "right-handed space": ({"space": "3D-right-handed"}, RAW, "not anatomical"),
    "too few directions": ({"space directions": "(1,0,0) (0,1,0)"}, RAW, "space directions"),
    "directions of words": ({"space directions": "(a,b,c) (0,1,0) (0,0,1)"}, RAW, "space directions"),
    "directions of unequal length": ({"space directions": "(1,0) (0,1,0) (0,0,1)"}, RAW, "space directions"),
    "directions of a plane": ({"space directions": "(1,0) (0,1) (1,1)"}, RAW, "3-D space"),
    "one direction missing": ({"space directions": "(1,0,0) (0,1,0) none"}, RAW, "none along too many axes"),
    "parallel directions": ({"space directions": "(1,0,0) (1,0,0) (0,0,1)"}, RAW, "singular"),
    "directions of 1e200": ({"space directions": "(1e200,0,0) (0,1,0) (0,0,1)"}, RAW, "too large"),
    "infinite direction": ({"space directions": "(inf,0,0) (0,1,0) (0,0,1)"}, RAW, "space directions"),
    "infinite origin": ({"space origin": "(0,inf,0)"}, RAW, "space origin"),
    "infinite spacing": ({**PLAIN, "spacings": "inf 1 1"}, RAW, "spacings"),
    "origin far away": ({"space origin": "(0,1e9,0)"}, RAW, "km from the origin"),
    "origin NaN": ({"space origin": "(0,nan,0)"}, RAW, "finite numbers"),
    "a few bytes too many in gzip": ({"encoding": "gzip"}, gzip.compress(RAW + b"12"), "more data than"),
    "origin of words": ({"space origin": "(here)"}, RAW, "space origin"),
    "origin in a plane": ({"space origin": "(1,2)"}, RAW, "space origin"),
    "kinds of too many axes": ({"kinds": "domain domain domain list"}, RAW, "kinds"),
    "five dimensions": (
        {"dimension": 5, "sizes": "4 3 2 1 1", "space directions": f"{DIRECTIONS} (1,0,0) (0,1,0)", "kinds": None},
        RAW,
        "5 dimensions",
    ),
    "LIST": ({"data file": "LIST"}, b"", "several files"),
    "pattern": ({"data file": "slice%03d.raw 1 20 1"}, b"", "several files"),
    "missing data file": ({"data file": "gone.raw"}, b"", "does not exist"),
    "data file that is the folder": ({"data file": "."}, b"", "not a regular file"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_file_is_refused_in_one_sentence(tmp_path, name):
    fields, data, fault = DAMAGED[name]
    path = nrrd_file(tmp_path / "scan.nrrd", data, **fields)
    with pytest.raises(InputError, match=fault) as caught:
        formats.read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message.replace(str(path), "")) < 250


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_header_with_damaged_bytes_is_read_or_refused_in_a_sentence(tmp_path_factory, data):
    path = nrrd_file(tmp_path_factory.getbasetemp() / f"mutant{os.getpid()}.nrrd")
    damage_header(path, path.stat().st_size - len(RAW), data)
    assert is_read_or_refused_in_a_sentence(path)
