"""What people and officers do with registrations: one verb per function."""
