"""Reports: pictures of scans and masks, charts of scores, and pages that bring them together."""
