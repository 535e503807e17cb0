"""RealSense cameras and their recordings."""
