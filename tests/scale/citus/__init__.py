"""On a Citus cluster, which CITUS_DATABASE_URL names (its owner's login, on the coordinator): left out of other runs.

CITUS_DATABASE_URL=postgresql://postgres@coordinator/empty pytest -n 0 tests/scale/citus
"""
