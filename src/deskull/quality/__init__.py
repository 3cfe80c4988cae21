"""Quality: how far the mask of a scan can be trusted, and what is unusual about the scan."""
