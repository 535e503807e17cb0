"""The steps that lead a team from patient to record; the verdict is never theirs to give."""
