"""A running session's people and commands: PINs, time-out, acknowledgement, and their socket."""
