"""An inventory: a FastAPI service whose articles are aggregates, with a read model and a page that is live."""
