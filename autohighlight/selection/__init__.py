"""ScoreTrack -> Selection: choosing non-overlapping highlights under a budget."""
