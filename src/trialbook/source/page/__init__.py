"""The registry's record page, saved as text."""
