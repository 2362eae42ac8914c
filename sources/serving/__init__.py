"""Models on a TensorFlow Serving, by REST or gRPC: as generators, and called directly.

REST needs no TensorFlow.
"""
