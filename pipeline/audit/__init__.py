"""The audit log: what was decided, by whom and on what, so that a change of it is found."""
