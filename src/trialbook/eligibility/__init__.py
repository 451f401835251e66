"""Criteria that compute: from eligibility text to trees, and from a person's facts to verdicts with their evidence."""
