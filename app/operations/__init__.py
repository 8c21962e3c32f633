"""Writes, one a file, each read from top to bottom: load, check, resolve, write, report.

An operation owns its transaction and answers with plain values. It knows nothing of GraphQL or HTTP.
"""
