"""Drawings that the server makes: SVG with classes alone, which pages may hold without a style or a script."""
