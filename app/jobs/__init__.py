"""Commands that the owner's pages run in a process of their own, one at a time on a machine."""
