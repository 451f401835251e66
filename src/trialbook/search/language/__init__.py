"""What does a query in the registry's language ask for? Text to a checked tree, and back."""
