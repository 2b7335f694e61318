"""The pytest plug-in: scenarios become test functions."""
