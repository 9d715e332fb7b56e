"""Clips -> FeatureTrack: decoding once, measuring everything, keeping it on disk."""
