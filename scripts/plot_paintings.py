"""Show paintings that were learnt from, and painted ones."""

from convatlas.data.gallery import load_gallery
from convatlas.evaluation.samples import choose_epochs, load_samples
from convatlas.figures.paintings import name_sheet, plot_paintings
from convatlas.job import start_job

with start_job(snakemake):
    options, groups = snakemake.params.options, {}
    if options.get("real"):
        groups["real"] = load_gallery(snakemake.input.paintings)
    if options.get("generated", True):
        for name, path in zip(options["painters"], snakemake.input.samples, strict=True):
            samples, painter = load_samples(path), snakemake.params.painters[name]
            for epoch in choose_epochs(samples, options.get("epochs")):
                groups[name_sheet(painter, epoch)] = samples.fixed[epoch]
    shown = {title: pictures[: snakemake.params.shown] for title, pictures in groups.items()}
    plot_paintings(shown, snakemake.output[0])
