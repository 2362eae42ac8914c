"""What is measured: generated pictures, and real ones of the same composition."""
