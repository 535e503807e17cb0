"""Segmentation: which pixels are cone, bed and in the way."""
