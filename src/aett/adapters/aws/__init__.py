"""What the engines on Amazon's services share: requests as steps, and clients."""
