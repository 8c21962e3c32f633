"""Files in and out: how rows of CSV and JSONL become what the API would be sent, and how a shop's data become rows.

What a row means, whether it is sound and how it is saved is the operations' business, not ours. Nothing here holds more
than a chunk of a file in memory.
"""
