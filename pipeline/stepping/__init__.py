"""`sessions step`: a recorded session, frame by frame on the terminal."""
