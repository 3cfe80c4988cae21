"""Networks, their losses and their initial weights."""
