"""Maps that open anywhere: interactive pages, their gallery, still pictures and charts."""

from .brief import brief_html, brief_pdf
from .charts import cost_time_chart, flow_chart, power_chart, ranking_chart, scenario_chart, timeline_chart
from .gallery import GalleryPage, gallery
from .plates import figure
from .thumbnail import thumbnail
from .webmap import atlas

__all__ = [
    "GalleryPage",
    "atlas",
    "brief_html",
    "brief_pdf",
    "cost_time_chart",
    "figure",
    "flow_chart",
    "gallery",
    "power_chart",
    "ranking_chart",
    "scenario_chart",
    "thumbnail",
    "timeline_chart",
]
