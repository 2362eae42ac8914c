"""What all routes share, built once by `create_app`."""
