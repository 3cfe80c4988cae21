"""Layouts: how scans and their masks are arranged in folders.

Each module finds the cases of one layout, and returns them with a list of problems: sentences that name a file and
say why it is not part of the data set. A problem does not end the search.
"""
