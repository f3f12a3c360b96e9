"""Denoisers' histories, scores, pictures and metrics -> <results>/studies/{study}/."""


rule plot_denoising_curves:
    """Draw the error of training and of held-out pictures over the epochs."""
    input:
        histories=ask(denoising_catalog.histories_shown, "study", "artefact"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_denoising_curves.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_denoising_curves/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_denoising_curves/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_denoising_curves"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=denoising_catalog.titles(),
        noisy_mse=denoising_catalog.noisy_mse(),
        code=digest_of("plot_denoising_curves"),
    script:
        "../scripts/plot_denoising_curves.py"


rule plot_denoised:
    """Show held-out pictures with noise, and what each denoiser makes of them."""
    input:
        pictures="<results>/evaluation/denoising/pictures.npz",
        scores="<results>/evaluation/denoising/scores.csv",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_denoised.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_denoised/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_denoised/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_denoised"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        names=denoising_catalog.shown(),
        titles=denoising_catalog.titles(),
        sigma=denoising_catalog.drawn_sigma(),
        code=digest_of("plot_denoised"),
    script:
        "../scripts/plot_denoised.py"


rule plot_training_sizes:
    """Draw what a denoiser reaches with more and more pictures to learn from."""
    input:
        metrics="<results>/evaluation/denoising/metrics.json",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_training_sizes.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_training_sizes/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_training_sizes/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_training_sizes"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        counts=denoising_catalog.sizes(),
        levels=denoising_catalog.levels(),
        sigma=denoising_catalog.drawn_sigma(),
        code=digest_of("plot_training_sizes"),
    script:
        "../scripts/plot_training_sizes.py"


rule tabulate_denoisers:
    """Tabulate how near to the clean pictures denoisers come."""
    input:
        metrics="<results>/evaluation/denoising/metrics.json",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_denoisers.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_denoisers/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_denoisers/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_denoisers"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        titles=denoising_catalog.titles(),
        counts=denoising_catalog.counts(),
        sigmas=config["denoising"]["sigmas"],
        code=digest_of("tabulate_denoisers"),
    script:
        "../scripts/tabulate_denoisers.py"
