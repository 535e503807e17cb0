"""One file a step, never edited once a site has run it."""
