"""The mapping of the registry's old XML to API v2, a module for each part of the record."""
