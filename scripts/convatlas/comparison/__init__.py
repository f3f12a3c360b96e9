"""Two runs side by side: which numbers, tables and figures moved, and what the runs differ in.

Nothing here computes results, and no script imports it: a change in this folder reruns nothing.
"""
