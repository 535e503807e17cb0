"""Session sources and files: read, write, import and simulate RGB-D recordings."""
