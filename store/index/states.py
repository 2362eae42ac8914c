"""What a picture in the index can be; apart from the tables, which take 50 ms to import."""

# off: its whole category was switched off, and is back when that is switched on
LIVE, REJECTED, MISSING, OFF = "live", "rejected", "missing", "off"
