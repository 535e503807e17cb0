"""Wires sources, algorithms and sinks; everything impure lives here."""
