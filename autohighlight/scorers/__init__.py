"""FeatureTrack -> ScoreTrack: the default scorer, the paper's, and the floors."""
