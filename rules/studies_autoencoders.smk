"""Observations, autoencoders and their reconstructions -> <results>/studies/{study}/."""


rule plot_observations:
    """Show the observations of a table, whole or by parts."""
    input:
        partition=over(
            "<results>/data/{dataset}/partition.json", catalog.dataset_of_item, "study", "artefact"
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_observations.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_observations/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_observations/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_observations"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_observations"),
    script:
        "../scripts/plot_observations.py"


rule plot_errors:
    """Draw the errors of autoencoders over epochs."""
    input:
        histories=from_models("<results>/autoencoders/{autoencoder}/history.csv"),
        metrics=from_models("<results>/evaluation/{autoencoder}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_errors.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_errors/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_errors/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_errors"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=catalog.autoencoder_titles(),
        code=digest_of("plot_errors"),
    script:
        "../scripts/plot_errors.py"


rule plot_densities:
    """Draw the densities of real and reconstructed variables."""
    input:
        reconstructions=from_models("<results>/evaluation/{autoencoder}/reconstructions.csv"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_densities.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_densities/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_densities/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_densities"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=catalog.autoencoder_titles(),
        code=digest_of("plot_densities"),
    script:
        "../scripts/plot_densities.py"


rule plot_reconstructions:
    """Show real observations and what autoencoders give back."""
    input:
        reconstructions=from_models("<results>/evaluation/{autoencoder}/reconstructions.csv"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_reconstructions.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_reconstructions/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_reconstructions/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_reconstructions"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=catalog.autoencoder_titles(),
        code=digest_of("plot_reconstructions"),
    script:
        "../scripts/plot_reconstructions.py"


rule plot_ablation:
    """Draw what each cause adds to the error of an autoencoder."""
    input:
        metrics=from_models("<results>/evaluation/{autoencoder}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_ablation.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_ablation/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_ablation/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_ablation"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_ablation"),
    script:
        "../scripts/plot_ablation.py"


rule tabulate_ablation:
    """Tabulate what each cause adds to the error of an autoencoder."""
    input:
        metrics=from_models("<results>/evaluation/{autoencoder}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_ablation.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_ablation/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_ablation/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_ablation"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("tabulate_ablation"),
    script:
        "../scripts/tabulate_ablation.py"


rule tabulate_errors:
    """Tabulate errors of training, testing and validation by width."""
    input:
        metrics=from_models("<results>/evaluation/{autoencoder}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_errors.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_errors/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_errors/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_errors"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("tabulate_errors"),
    script:
        "../scripts/tabulate_errors.py"
