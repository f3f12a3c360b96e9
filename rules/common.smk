"""What the rules share: the checked config, digests of code, and who needs which file."""

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

sys.path.insert(0, f"{workflow.basedir}/scripts")

from convatlas.catalog import Catalog
from convatlas.data.availability import choose_datasets
from convatlas.data.fetch import choose_mirror, default_cache
from convatlas.denoising_catalog import DenoisingCatalog
from convatlas.digest import RuleDigests
from convatlas.errors import ConvatlasError
from convatlas.files import read_json
from convatlas.gan_catalog import GanCatalog
from convatlas.image_catalog import ImageCatalog
from convatlas.networks import networks_available
from convatlas.painter_catalog import PainterCatalog
from convatlas.report.videos import plays_in_browsers
from convatlas.resources import growing
from convatlas.settings import check_config, check_results_folder, read_texts
from convatlas.training.painters import STEPS
from convatlas.video_catalog import VideoCatalog
from convatlas.zoom_catalog import ZoomCatalog

# an entry of a section of the config is named by the section's wildcard
NAMED = ("model", "autoencoder", "grid", "gan", "clip", "picture", "stylizer", "style", "transfer")

# of --config 'models={lenet5: {training: {epochs: 2}}}' Snakemake makes the text "2"
update_config(config, read_texts(workflow.config_settings.config))

try:
    check_config(
        config,
        schemas=Path(workflow.basedir) / "config" / "schemas",
        networks=networks_available(),
        pairs=networks_available("AdversarialPair"),
        # a --configfile comes first in Snakemake's list, and yet is merged last
        files=sorted(
            map(Path, workflow.configfiles), key=workflow.overwrite_configfiles.__contains__
        ),
        given=read_texts(workflow.config_settings.config),
    )
    check_results_folder(config["pathvars"]["results"])
    choose_datasets(config, choose_mirror(config["mirror"]), default_cache())
except ConvatlasError as error:
    raise WorkflowError(str(error)) from None

catalog = Catalog(config)
gan_catalog, painter_catalog = GanCatalog(catalog), PainterCatalog(catalog)
video_catalog, denoising_catalog = VideoCatalog(config), DenoisingCatalog(catalog)
image_catalog, zoom_catalog = ImageCatalog(video_catalog), ZoomCatalog(video_catalog)


wildcard_constraints:
    **{kind: "|".join(config[f"{kind}s"]) for kind in (*NAMED, "dream", "denoiser", "painter")},
    **dict.fromkeys(("segment", "seed", "part", "side"), "[0-9]+"),
    dataset="[a-z0-9_]+",
    features="|".join(config["features"]),
    study="[a-z]+",


# ---- digests: a job reruns when its code comes to mean something else (scripts/convatlas/digest.py)
digests = RuleDigests(
    Path(workflow.basedir) / "scripts", config, kept_in=Path(".snakemake") / "code.json"
)
digest_of, digest_with_network = digests.of, digests.with_network


def ask(question, *wildcard_names):
    """Make an input function that asks the catalog a question about wildcards."""

    def answer(wildcards):
        return question(*(getattr(wildcards, name) for name in wildcard_names))

    return answer


def made_from(question):
    """Make an input function: a dataset's files. A folder counts by its files, not by its date."""

    def files(wildcards):
        found = question(wildcards.dataset)
        folder = "path" in found and Path(found["path"]).is_dir()
        return {**found, "path": ancient(str(found["path"]))} if folder else found

    return files


def over(pattern, question, *wildcard_names):
    """Make an input function: a pattern filled with what the catalog answers, a file or several.

    The answer names values by wildcard; one that is no mapping names datasets.
    """
    ask_about = ask(question, *wildcard_names)

    def files(wildcards):
        answer = ask_about(wildcards)
        named = answer if isinstance(answer, dict) else {"dataset": answer}
        filled = {key: value for key, value in named.items() if f"{{{key}}}" in pattern}
        found = expand(pattern, **filled)
        return found[0] if all(isinstance(value, str) for value in filled.values()) else found

    return files


def from_models(pattern):
    """Make an input function: a pattern over what an artefact is drawn from, and over the seeds."""
    return over(pattern, catalog.behind, "study", "artefact")


# ---- data
def witnesses_of_run():
    """Splits and partitions of every dataset that this run uses."""
    splits = expand("<results>/data/{dataset}/splits.json", dataset=catalog.datasets_in_use())
    tables = expand("<results>/data/{dataset}/partition.json", dataset=catalog.tables_in_use())
    clips = expand("<results>/clips/{clip}/clip.json", **video_catalog.videos())
    return [*splits, *tables, *clips, *denoising_catalog.witnesses(), *painter_catalog.witnesses()]


# ---- videos
def segments_of(wildcards):
    """Name the restyled segments of a clip: how many there are is known once it was looked at."""
    found = checkpoints.probe_clip.get(clip=wildcards.clip).output.segments
    numbers = range(len(read_json(found)))
    return expand("<results>/videos/{clip}/{style}/{segment}.nut", segment=numbers, **wildcards)


def pairs_shown(wildcards):
    """Name the videos that show an original which no browser plays beside what became of it."""
    files = {c: checkpoints.probe_clip.get(clip=c).output.clip for c in config["videos"]["clips"]}
    return video_catalog.pairs([c for c in files if not plays_in_browsers(read_json(files[c]))])


# ---- studies
def study_artefacts():
    """Every artefact and claims table of the selected studies."""
    pairs = [*catalog.artefacts(), *((study, "claims.csv") for study in config["studies"])]
    return [f"<results>/studies/{study}/{artefact}" for study, artefact in pairs]


def artefacts_of(rule):
    """A pattern of the artefacts that a rule makes."""
    names = sorted({artefact for _, artefact in catalog.artefacts(rule)})
    return "|".join(names).replace(".", r"\.") or "none"
