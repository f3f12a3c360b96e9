"""Pictures out of networks -> <results>/studies/{study}/."""


rule plot_feature_maps:
    """Show what channels of a feature network make of a photograph."""
    input:
        maps="<results>/images/feature_maps/maps.npz",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_feature_maps.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_feature_maps/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_feature_maps/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_feature_maps"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        code=digest_of("plot_feature_maps"),
    script:
        "../scripts/plot_feature_maps.py"


rule plot_activations:
    """Show pictures that filters answer most strongly."""
    input:
        pictures="<results>/images/activations/pictures.npz",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_activations.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_activations/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_activations/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_activations"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        code=digest_of("plot_activations"),
    script:
        "../scripts/plot_activations.py"


rule plot_transfers:
    """Show photographs, the pictures whose style they took, and what came of it."""
    input:
        originals=ask(image_catalog.originals, "study", "artefact"),
        styles=ask(image_catalog.styles, "study", "artefact"),
        pictures=over(
            "<results>/images/transfers/{transfer}/picture.png",
            image_catalog.shown,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_transfers.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_transfers/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_transfers/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_transfers"),
    conda:
        "../envs/video.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        captions=ask(image_catalog.captions, "study", "artefact"),
        code=digest_of("plot_transfers"),
    script:
        "../scripts/plot_transfers.py"


rule plot_transfer_losses:
    """Plot the terms of content and of style over the steps of transfers."""
    input:
        histories=over(
            "<results>/images/transfers/{transfer}/history.csv",
            image_catalog.shown,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_transfer_losses.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_transfer_losses/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_transfer_losses/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_transfer_losses"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        captions=ask(image_catalog.captions, "study", "artefact"),
        code=digest_of("plot_transfer_losses"),
    script:
        "../scripts/plot_transfer_losses.py"


rule plot_dreams:
    """Show photographs and what a network dreamt into them."""
    input:
        originals=ask(image_catalog.originals, "study", "artefact"),
        pictures=over(
            "<results>/images/dreams/{dream}/picture.png",
            image_catalog.shown,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_dreams.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_dreams/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_dreams/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_dreams"),
    conda:
        "../envs/video.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        captions=ask(image_catalog.captions, "study", "artefact"),
        code=digest_of("plot_dreams"),
    script:
        "../scripts/plot_dreams.py"
