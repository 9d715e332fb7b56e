"""Pretrained networks that turn frames into features, and their weights."""
