"""Critic: a network that looks at a scan together with its mask, and predicts what is wrong with the mask."""
