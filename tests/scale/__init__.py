"""More than one machine: replicas, a pooler before the database, several gateways that share nothing but it."""
