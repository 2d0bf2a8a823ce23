"""What runs inside the zygote and its guests: standard library only, nothing of the host package."""
