"""Clips: what they hold, their frames as arrays, and back into a file that plays anywhere.

Everything goes through PyAV, ffmpeg's own libraries in this process. A pipe to an ffmpeg program
carries pixels and nothing else: which frame is shown when, which way up, in which colours and from
which packet is lost or has to be parsed from text. Here each frame has its exact timestamp,
streams are copied packet by packet, and a file's name is never part of a command.

This package knows no way of restyling: a *stylizer* is any callable from a batch of frames to a
batch of frames of the same shape, (n, height, width, 3) uint8 RGB.
"""
