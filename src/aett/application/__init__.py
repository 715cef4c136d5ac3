"""Repositories: core and ports joined, every algorithm written once as a plan."""
