"""Convatlas: the importable package behind the pipeline's scripts.

All the science lives here. Nothing in it knows Snakemake, except :mod:`convatlas.job`.
"""

import os

# Large tensors in large pages, where the system has them on demand: a step's features are taken
# from it and given back each time, page by page otherwise. For torch; no number changes.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
