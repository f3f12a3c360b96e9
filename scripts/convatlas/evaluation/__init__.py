"""Numbers from trained networks, always on a part that nothing was chosen on."""
