"""The machine: cores, memory, processes and atomic files."""
