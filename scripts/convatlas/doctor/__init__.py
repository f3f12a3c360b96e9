"""What keeps a run from going as it should, found out before or after it: one file a subject.

Nothing here computes results, and no script imports it: a change in this folder reruns nothing.
"""
