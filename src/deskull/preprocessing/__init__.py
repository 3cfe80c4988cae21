"""Preprocessing: from a scan to what the network sees."""
