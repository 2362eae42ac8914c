"""`/live`: pictures made at every call, and the slots that bound how many at once."""
