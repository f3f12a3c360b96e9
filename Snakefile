"""Convatlas: five documents about autoencoders, CNNs and GANs, reproduced. See README.md."""

import gc

import yaml
from snakemake.utils import min_version

min_version("9.19")
# a plan is some hundred thousand objects, and all of them stay: Python's collector of cycles would
# look through them again and again, for a tenth to a third of the time that a plan takes
gc.set_threshold(100_000, 50, 100)
# by this loader Snakemake reads the config; where there is libyaml, in a tenth of the time
yaml.FullLoader = getattr(yaml, "CFullLoader", yaml.FullLoader)


configfile: f"{workflow.basedir}/config/config.yaml"
configfile: f"{workflow.basedir}/config/datasets.yaml"
configfile: f"{workflow.basedir}/config/models.yaml"
configfile: f"{workflow.basedir}/config/perceptrons.yaml"
configfile: f"{workflow.basedir}/config/gans.yaml"
configfile: f"{workflow.basedir}/config/painters.yaml"
configfile: f"{workflow.basedir}/config/videos.yaml"
configfile: f"{workflow.basedir}/config/convolutions.yaml"
configfile: f"{workflow.basedir}/config/images.yaml"
configfile: f"{workflow.basedir}/config/denoisers.yaml"
configfile: f"{workflow.basedir}/config/zooms.yaml"
configfile: f"{workflow.basedir}/config/studies/alvarez.yaml"
configfile: f"{workflow.basedir}/config/studies/sepulveda.yaml"
configfile: f"{workflow.basedir}/config/studies/banoy.yaml"
configfile: f"{workflow.basedir}/config/studies/pitie.yaml"
configfile: f"{workflow.basedir}/config/studies/palacios.yaml"


report: "rules/report/workflow.rst"


onstart:
    # To hold its limit of 100 starts a second, Snakemake (9.27) wakes a second after each job ends,
    # and from then on every second, for each job that ever ended, and chooses jobs anew: that takes
    # 40 % of a core after 300 jobs, and all of it soon after. No job here is so short. A limit of
    # one's own, or a cluster's, stays.
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if workflow.local_exec and limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
    if config["stretch_minutes"] and not workflow.local_exec:
        raise WorkflowError(
            "'stretch_minutes' is for one machine; a cluster's jobs end at their time limit ('runtime'\n"
            "of the rule), are submitted again, and go on: set it to 0 there (config/config.yaml)."
        )


include: "rules/common.smk"


rule all:
    """Make everything, ending with the report."""
    input:
        "<results>/report/index.html",
        zoom_catalog.wanted(),


include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/perceptrons.smk"
include: "rules/gans.smk"
include: "rules/painters.smk"
include: "rules/videos.smk"
include: "rules/convolutions.smk"
include: "rules/architectures.smk"
include: "rules/images.smk"
include: "rules/denoisers.smk"
include: "rules/transfers.smk"
include: "rules/dreams.smk"
include: "rules/zooms.smk"
include: "rules/studies.smk"
include: "rules/studies_digits.smk"
include: "rules/studies_autoencoders.smk"
include: "rules/studies_grids.smk"
include: "rules/studies_gans.smk"
include: "rules/studies_painters.smk"
include: "rules/studies_videos.smk"
include: "rules/studies_convolutions.smk"
include: "rules/studies_images.smk"
include: "rules/studies_denoisers.smk"
include: "rules/report.smk"
