"""The library: open it, find, look back, follow, import, export."""
