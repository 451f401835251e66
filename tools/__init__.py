"""What the authors of Trialbook run to make files that stand in the repository; no part of the package."""
