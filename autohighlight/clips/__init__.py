"""MediaInfo -> Clips: how a video is divided for analysis."""
