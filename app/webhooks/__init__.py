"""Webhooks on their way: couriers that judge what changed, and send what is in the outbox. They know nothing of GraphQL
or of requests; what is to be sent, and what became of it, is decided by the tables. The only importer of httpcore.
"""
