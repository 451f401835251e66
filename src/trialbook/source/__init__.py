"""What does this registry's file say? One module a format; each yields records or what it rejects."""
