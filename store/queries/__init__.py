"""Questions to the index that visitors ask: the random pick, walls, pages, texts, samples.

Reads alone; nothing here writes a row.
"""
