"""Data: download, MNIST form, splits."""
