"""Data sets of scans with masks: finding cases, checking them, splitting them by subject."""
