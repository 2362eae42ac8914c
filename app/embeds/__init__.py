"""Pictures for other people's pages: exact sizes, avatars, the picture of the day, oEmbed."""
