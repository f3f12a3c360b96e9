"""Networks of the config, fitted perceptrons -> <results>/evaluation/architectures/, drawings."""

from convatlas.architecture_catalog import ArchitectureCatalog

architecture_catalog = ArchitectureCatalog(catalog)


rule inspect_networks:
    """Send an input through every network that is drawn, and list the layers that it passes."""
    input:
        fitted=list(architecture_catalog.fitted().values()),
    output:
        layers="<results>/evaluation/architectures/layers.csv",
        metrics="<results>/evaluation/architectures/metrics.json",
    log:
        "<logs>/inspect_networks.log",
    benchmark:
        "<benchmarks>/inspect_networks.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(2000),
        runtime="10m",
    params:
        networks=architecture_catalog.networks(),
        fitted=list(architecture_catalog.fitted()),
        code=digests.with_modules("inspect_networks", architecture_catalog.modules()),
    script:
        "../scripts/inspect_networks.py"


rule plot_architecture:
    """Draw a network layer by layer, as it was found by sending an input through it."""
    input:
        layers="<results>/evaluation/architectures/layers.csv",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_architecture.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_architecture/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_architecture/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_architecture"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_architecture"),
    script:
        "../scripts/plot_architecture.py"
