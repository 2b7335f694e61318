"""Electronic loads: the role ``load``."""
