"""Data loggers and multimeters: the role ``thermometers``, and readings for other drivers."""
