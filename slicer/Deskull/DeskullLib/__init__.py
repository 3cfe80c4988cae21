"""What the module Deskull of 3D Slicer is made of; `Deskull.py` connects it to the panel."""
