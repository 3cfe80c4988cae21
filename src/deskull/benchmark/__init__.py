"""Benchmark: any tool run on the scans of a data set, its masks scored, its time and memory measured."""
