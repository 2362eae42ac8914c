"""How good a picture is: a curator's network, concepts, flaws, and the seeds chosen by them."""
