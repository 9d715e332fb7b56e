"""Measuring scorers against labels: the paper's section 4."""
