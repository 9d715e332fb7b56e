"""The paper's highlight selector, sections 3.1 to 3.3, and nothing else."""
