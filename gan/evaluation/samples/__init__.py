"""What is measured: generated pictures, and real ones of the same composition.

Also real pictures made worse, the control of every measure.
"""
