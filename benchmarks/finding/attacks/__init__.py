"""What somebody with a copy of the token tables and good statistics learns of the people in it."""
