"""Calibration of camera, depth, rig and targets."""
