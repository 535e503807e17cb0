"""Pure core: geometry, measurement and the verdict. No I/O, no clock, no threads."""
