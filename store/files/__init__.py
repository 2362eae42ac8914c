"""Where picture files lie: a folder or a bucket behind one protocol, and the quarantine beside it.

Also latent walks, and copying from one store to another.
"""
