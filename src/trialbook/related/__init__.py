"""What is like this study, and why? Traits, candidates, a score, and reasons that a person can check."""
