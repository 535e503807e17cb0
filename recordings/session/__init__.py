"""The session format: one MCAP file with frames, stamps, labels, truth and embedded texts."""
