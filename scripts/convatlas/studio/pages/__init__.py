"""The studio's pages, a file each: what is shown, and what a click calls."""
