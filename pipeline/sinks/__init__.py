"""What is written for people and machines from the frames' results."""
