"""Fitting a highlight selector to unlabelled footage; never imported by inference."""
