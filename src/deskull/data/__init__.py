"""Data sets of scans with masks: finding, checking, splitting and preparing them for training."""
