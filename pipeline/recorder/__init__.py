"""The recorder of a live session: its process, what it is handed, and what a replay takes back."""
