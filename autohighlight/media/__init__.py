"""Reading and writing media files: the only users of PyAV and ffmpeg-python."""
