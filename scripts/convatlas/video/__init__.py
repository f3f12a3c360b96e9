"""Clips: found out about, read, written and followed. Nothing here knows what restyles them."""
