"""Selection -> Timeline: exact frames of one sequence, cut from the sources."""
