"""What follows from what was measured? Kidney, body, blood, heart, liver: published formulas and their use."""
