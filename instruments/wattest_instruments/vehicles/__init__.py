"""Boards that stand in for an electric car at the control pilot."""
