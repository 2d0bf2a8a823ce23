"""Adapters: each trainer calls its own as its own code calls a reward. None imports its trainer until it must."""
