"""The database: the only floor that imports SQLAlchemy."""
