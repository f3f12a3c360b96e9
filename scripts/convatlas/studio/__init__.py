"""The studio: the trained networks in a browser, on this machine."""
