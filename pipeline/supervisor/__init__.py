"""The supervisor: a process of its own that holds READY as a lease and drives the output."""
