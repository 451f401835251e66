"""How does a person ask in a terminal? Each command asks the library and prints what it says."""

from trialbook.cli.main import main

__all__ = ["main"]
