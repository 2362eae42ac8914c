"""`flask pregen` and `flask top-up`: from the request to the summary."""
