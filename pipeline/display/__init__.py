"""The operating room's display: what the session publishes, and the process that serves it."""
