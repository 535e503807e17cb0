"""Simulated docking sessions: ray-cast scenes, stereo noise, story, truth and noise bound."""
