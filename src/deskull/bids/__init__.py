"""BIDS: raw datasets in, derivatives out."""
