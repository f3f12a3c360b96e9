"""Pictures out of networks."""
