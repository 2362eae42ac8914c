"""TensorFlow Serving's clients, against a stand-in that is written to its documentation."""
