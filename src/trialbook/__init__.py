"""Trialbook makes a clinical-trial registry record work."""

__version__ = "0.1.0"
