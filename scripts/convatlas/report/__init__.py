"""The report: a folder of pages that open anywhere, with no network and nothing to install."""
