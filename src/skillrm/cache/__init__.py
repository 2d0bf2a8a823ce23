"""Model replies and verifier findings by the digest of what they answer; never in the way of a judgment."""

from skillrm.cache.cache import Cache, CacheStats
from skillrm.cache.files import default_path

__all__ = ["Cache", "CacheStats", "default_path"]
