"""Training: from label maps to a network that ships. Nothing here is needed, or loaded, to strip a scan."""
