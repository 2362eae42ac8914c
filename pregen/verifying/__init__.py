"""`flask verify`: store against index against model. Reports, and changes nothing."""
