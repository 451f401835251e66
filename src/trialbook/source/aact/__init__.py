"""AACT: the registry as a database of some fifty tables."""
