"""What the SQL engines share: the plans, parametrized by a dialect that is data."""
