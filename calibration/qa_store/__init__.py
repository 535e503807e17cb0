"""History of QA runs in a database: SQLite by default, PostgreSQL by URL."""
