"""What the site and pregen share: settings, tables, picture files, encoding, index queries."""
