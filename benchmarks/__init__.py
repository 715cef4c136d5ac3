"""What aett costs, as ratios to what it is compared with, in one run: `make bench`."""
