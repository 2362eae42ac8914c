"""What every other package may import; imports none of them."""
