"""Blind ratings of pictures: what people see in them who do not know what made which."""
