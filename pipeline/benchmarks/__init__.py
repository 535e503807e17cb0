"""Timing and accuracy of the tracker on this machine, on simulated frames."""
