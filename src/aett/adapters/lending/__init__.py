"""Where connections come from: a pool of the store's, one of the caller's, or the one that the caller gave."""
