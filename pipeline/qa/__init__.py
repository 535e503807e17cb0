"""Runs the QA protocols over a source, stores them, and proves a rig to a live session."""
