"""Makes the outlines of countries that maps are drawn with: one small file from Natural Earth's."""
