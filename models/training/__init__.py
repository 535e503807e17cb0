"""Training of the segmenter on simulated scenes (needs the training extra)."""
