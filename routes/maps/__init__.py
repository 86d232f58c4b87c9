"""Maps that open anywhere: interactive pages, their gallery and still pictures."""

from .gallery import GalleryPage, gallery
from .thumbnail import thumbnail
from .webmap import atlas

__all__ = ["GalleryPage", "atlas", "gallery", "thumbnail"]
