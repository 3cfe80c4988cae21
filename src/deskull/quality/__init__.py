"""Quality: how far the mask of a scan, and the masks of a cohort, can be trusted."""
