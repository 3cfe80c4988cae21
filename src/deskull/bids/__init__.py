"""BIDS: raw datasets in, derivatives out, as a BIDS App."""
