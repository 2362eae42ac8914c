"""Models that redraw a picture instead of making one: their model.toml, and LiteRT to run them."""
