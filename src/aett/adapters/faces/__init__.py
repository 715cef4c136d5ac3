"""The two faces of every engine: the ports over plans, awaited or not; they differ in nothing else."""
