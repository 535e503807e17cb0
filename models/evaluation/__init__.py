"""Figures of a segmenter on labelled frames: pure numbers, shared by command line and training."""
