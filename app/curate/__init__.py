"""`/curate` and `flask curate`: what the owner can do, who is the owner, and the token."""
