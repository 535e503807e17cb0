"""Two runs over the same frames, held against each other."""
