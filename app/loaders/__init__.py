"""Batched reads of one operation: a loader takes many keys, asks the store once, and aligns the answers.

One loader a question, keyed by a frozen value. Nothing here writes, and nothing outlives its operation.
"""
