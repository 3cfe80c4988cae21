"""Tests of the quality of masks in the static page, against that of the package."""
