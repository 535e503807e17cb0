"""Protocols of daily QA and what follows from their results: outcomes, lock, validity."""
