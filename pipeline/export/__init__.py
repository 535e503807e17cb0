"""Sessions as files that other programs read."""
