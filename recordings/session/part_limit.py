"""How large a recording's file may become; apart from the parts, for the command line's help."""

LIMIT_BYTES = 5_000_000_000  # no file reaches it
