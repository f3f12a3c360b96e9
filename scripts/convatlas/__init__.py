"""Convatlas: the importable package behind the pipeline's scripts.

All the science lives here. Nothing in it knows Snakemake, except :mod:`convatlas.job`.
"""
