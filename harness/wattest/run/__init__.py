"""The pytest plug-in, the runner, safety."""
