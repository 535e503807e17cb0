"""Faults injected into sessions that would be READY without them, and what comes of it."""
