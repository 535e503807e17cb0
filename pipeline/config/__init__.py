"""Plan, site and catalogue files, and everything a run is configured with."""
