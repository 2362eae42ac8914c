"""HTTP below Flask: answers, headers, files, bodies, and the errors that become statuses.

Knows neither pages nor the index.
"""
