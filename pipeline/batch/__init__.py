"""Many recorded sessions at once: the same results as one by one, on any Dask cluster."""
