"""Filters and orders as the database answers them, beside a reference in plain Python."""
