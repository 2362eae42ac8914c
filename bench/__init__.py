"""Benchmarks: one command each (`python -m bench.pregen`), a table of ratios out."""
