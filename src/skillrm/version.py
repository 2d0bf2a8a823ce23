"""The package's version; it goes into every judgment."""

__version__ = "0.1.0"
