"""Configurations D and E of Simonyan and Zisserman 2015: VGG-16 and VGG-19."""

VGG16, VGG19 = (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)
"""Convolutions in each of the five blocks."""
WIDTHS = (64, 128, 256, 512, 512)
"""Channels of the blocks."""
