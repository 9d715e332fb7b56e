"""How the tasks of a batch are run; nothing here knows what a task does."""
