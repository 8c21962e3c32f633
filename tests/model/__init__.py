"""A shop against a model of it in dictionaries, step by random step."""
