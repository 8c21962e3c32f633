"""The Custom Data Gateway: a GraphQL API over a shop's own objects, their relations and the prices made of them.

One layer a folder, each importing only to its right: server > graphql > operations > loaders > store > domain >
tables.
"""
