"""A person's own footage as a training set: found, measured, and a highlight selector fitted to it."""
