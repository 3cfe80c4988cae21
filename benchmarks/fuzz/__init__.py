"""A fuzzer: damages small images of every format and checks what deskull makes of each.

    python -m benchmarks.fuzz --mutants 5000 --seed 1 [--formats nrrd-gzip mha-raw] [--jobs 2] [--out results.csv]

A damaged image is called a mutant. The same format, seed and number always give the same mutant. Each is read, stripped
(with a sphere in place of the network's answer), written and read back, in a process with limited memory and time. The
result is a class of `benchmarks.fuzz.classes.Class`; the exit status is 1 if there is one that must not occur.

An image that is read with other voxels or another affine than its seed has, without a warning, is read again with other
libraries. If they give the same, the mutant is a sound image of something else, and the difference cannot be told; if
not, or if a checksum should have told, it is a fault.

Modules: `seeds`, `seeds_nibabel` and `seeds_dicom` make the undamaged images; `mutations`, `headers`, `containers` and
`mutations_dicom` damage them; `child` tries one mutant and `classes` has the classes; `reference` reads with other
libraries; `campaign` runs many mutants; `report` prints the results.
"""
