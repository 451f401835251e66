"""The registry's own API, asked over the network."""
