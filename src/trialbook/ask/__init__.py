"""What was asked? A form, an address, a command or an agent's arguments become one request to the search."""
