"""The trainer: runs, tries and watches a method's steps; it knows no architecture."""
