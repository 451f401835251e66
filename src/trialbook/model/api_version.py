"""Which version of the registry's API do the model and the tables restate?

Made by `python -m tools.registry_model`.
"""

API_VERSION = "2.0.5"
