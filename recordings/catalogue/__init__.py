"""What an archive of sessions holds: an index that is made from the files at any time."""
