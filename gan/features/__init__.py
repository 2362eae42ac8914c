"""Networks of others that turn pictures into features: fetched, checked and never trained here."""
