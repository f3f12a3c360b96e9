"""From networks, style pictures and options to what turns frames into frames."""
