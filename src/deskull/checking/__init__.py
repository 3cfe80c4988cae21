"""Checking: masks of any tool are paired with their scans, and each is compared with what the network finds."""
