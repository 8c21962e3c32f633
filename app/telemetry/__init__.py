"""What goes on inside: each operation is observed while it runs, and told of when it has ended, by log lines, metrics
and traces. Knows nothing of GraphQL or the database, which tell it what they do."""
