"""The report of a batch: a folder of pages to look through all masks, worst first, and to review them."""
