"""Networks: one file per network, found by the name ``file.Class`` in ``config/models.yaml``."""
