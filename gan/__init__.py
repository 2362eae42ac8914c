"""Own generators: data, networks, losses, training, evaluation, export."""
