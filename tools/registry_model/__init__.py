"""How do the model and its tables follow a new version of the registry's API? `python -m tools.registry_model`."""
