"""The operating system: cores and memory, parallel processes, temporary files and atomic writing."""
