"""How does a library become tables for those who ask in SQL? Names and keys are those of AACT's schema `ctgov`."""
