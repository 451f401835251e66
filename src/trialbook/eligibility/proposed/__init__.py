"""What might a criterion ask that was not understood? A language model's proposal, checked against the words."""
