"""What a checked config asks for in the way of drawings of networks."""

from typing import Any

from convatlas.catalog import ARCHITECTURES, Catalog
from convatlas.painter_catalog import PainterCatalog

DIGIT = (1, 28, 28)
"""Channels, height and width of what classifiers take."""
FITTED = {
    "autoencoders": "<results>/autoencoders/{name}/fitted.npz",
    "grids": "<results>/grids/{name}/best.npz",
}
"""Perceptrons are looked at as they were fitted: their sizes depend on the data."""
RULE = "plot_architecture"


class ArchitectureCatalog:
    """Answers the rules' questions about drawings of networks.

    Parameters
    ----------
    catalog : Catalog
        Of the same config.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self.config = catalog, catalog.config
        self._painters = PainterCatalog(catalog)

    def drawn(self) -> list[str]:
        """Name the networks (``section.name``) that selected studies draw or judge."""
        studies = self.config["studies"]
        items = [item for study in studies for item in self._catalog.items(study)]
        names = [item["options"]["architecture"] for item in items if item["rule"] == RULE]
        documents = self.config["documents"]
        claims = [claim for study in studies for claim in documents[study]["claims"]]
        names += [claim["target"] for claim in claims if claim["model"] == ARCHITECTURES]
        return sorted(set(names))

    def networks(self) -> dict[str, dict[str, Any]]:
        """Return what each of them that torch runs is built with."""
        return {n: self._built(*n.split(".")) for n in self.drawn() if not _is_fitted(n)}

    def _built(self, section: str, name: str) -> dict[str, Any]:
        if section == "painters":
            return self._painters.networks(name)
        entry = self.config[section][name]
        side = self.config["denoising"]["side_pixels"]
        picture = {"models": DIGIT, "denoisers": (3, side, side)}.get(section)
        kept = {key: entry[key] for key in ("network", "options") if key in entry}
        return kept | ({"picture": list(picture)} if picture else {})

    def fitted(self) -> dict[str, str]:
        """Return the file of each of them that is a perceptron."""
        names = [name.split(".") for name in self.drawn() if _is_fitted(name)]
        return {f"{s}.{n}": FITTED[s].format(name=n) for s, n in names}

    def modules(self) -> list[str]:
        """Name the networks' files, for the digest of the job that looks into them."""
        files = {entry["network"].split(".")[0] for entry in self.networks().values()}
        return [f"models/{file}.py" for file in sorted(files)]


def _is_fitted(name: str) -> bool:
    return name.split(".")[0] in FITTED
