"""Training data: synthetic heads, and scans with masks."""
