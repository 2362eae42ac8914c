"""Making what was planned: on this machine or on many, choosing among candidates, recording.

Files first, then rows.
"""
