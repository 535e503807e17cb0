"""What a run leaves behind to be read and filed: summary figures and the report page."""
