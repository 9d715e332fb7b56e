"""Folders and archives of videos: found, worked through whatever happens, taken up where they were stopped."""
