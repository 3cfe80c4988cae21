"""A stub of what the module uses of 3D Slicer, VTK, Qt and CTK; it knows no more than is written here.

Names and orders of axes are those of Slicer 5.10: `arrayFromVolume` is a view with the axes (k, j, i), matrices map
(i, j, k) to RAS in mm, and `updateSegmentBinaryLabelmapFromArray` takes the geometry of its reference volume.
"""
