"""What people do with broadcasts and answers: one verb per function."""
