"""A person is forgotten: what goes, what stays, who is told, and that nothing is left."""
