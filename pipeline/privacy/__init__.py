"""What of a person a recording holds, and how to be rid of it."""
