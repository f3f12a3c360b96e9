"""Training loops, what they share, and how they go on after being stopped."""
