"""Steps from one version of the QA store's tables to the next (alembic)."""
