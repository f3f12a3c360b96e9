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
        mem_mb=1000,
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
        mem_mb=1000,
        runtime="10m",
    params:
        code=digest_of("plot_activations"),
    script:
        "../scripts/plot_activations.py"
