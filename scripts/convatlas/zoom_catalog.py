"""What a checked config asks for in the way of zooms into dreams."""

from typing import Any

from convatlas.video_catalog import VideoCatalog, zoom_clip

SHOWN = ("title", "picture", "features")
"""Keys of an entry that its frames do not depend on, or that become inputs."""


class ZoomCatalog:
    """Answers the rules' questions about zooms.

    Parameters
    ----------
    videos : VideoCatalog
        Of the same config: it knows where pictures and feature networks lie.
    """

    def __init__(self, videos: VideoCatalog) -> None:
        self.config, self._videos = videos.config, videos

    def wanted(self) -> list[str]:
        """Name the clips that a run makes unasked."""
        return [zoom_clip(zoom) for zoom in self.config["wanted_zooms"]]

    def inputs(self, zoom: str) -> dict[str, Any]:
        """Return the files that a zoom is made from."""
        return {
            "picture": self._videos.place("pictures", self.config["zooms"][zoom]["picture"]),
            "backbone": self._videos.backbone_file(self.features(zoom)),
        }

    def zoom(self, zoom: str) -> dict[str, Any]:
        """Return what a zoom depends on beside its files: no title."""
        entry = self.config["zooms"][zoom]
        kept = {key: value for key, value in sorted(entry.items()) if key not in SHOWN}
        return {**kept, "backbone": self._videos.backbone(self.features(zoom))}

    def features(self, zoom: str) -> str:
        """Name the feature network of a zoom: its own, or that of all pictures."""
        return self.config["zooms"][zoom].get("features", self.config["images"]["features"])
