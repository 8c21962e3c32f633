"""Behind pgbouncer in transaction mode, which must be installed: left out of the run that needs only Python."""
