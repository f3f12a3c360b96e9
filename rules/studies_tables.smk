"""Observations, autoencoders, grids and their predictions -> <results>/studies/{study}/."""


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
        mem_mb=1000,
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
        mem_mb=1000,
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
        mem_mb=1000,
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
        mem_mb=1000,
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
        mem_mb=1000,
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
        mem_mb=1000,
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
        mem_mb=1000,
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("tabulate_errors"),
    script:
        "../scripts/tabulate_errors.py"


rule plot_grid_histories:
    """Draw energy and gradient of a grid's best, median and worst network."""
    input:
        chosen=from_models("<results>/grids/{grid}/chosen.csv"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_grid_histories.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_grid_histories/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_grid_histories/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_grid_histories"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=1000,
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_grid_histories"),
    script:
        "../scripts/plot_grid_histories.py"


rule plot_grid_map:
    """Draw the validation energy of every network of a grid."""
    input:
        results=from_models("<results>/grids/{grid}/results.csv"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_grid_map.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_grid_map/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_grid_map/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_grid_map"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=1000,
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_grid_map"),
    script:
        "../scripts/plot_grid_map.py"


rule tabulate_grids:
    """Tabulate the best parameterization of each grid."""
    input:
        metrics=from_models("<results>/evaluation/{grid}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_grids.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_grids/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_grids/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_grids"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=1000,
        runtime="10m",
    params:
        titles=catalog.grid_titles(),
        code=digest_of("tabulate_grids"),
    script:
        "../scripts/tabulate_grids.py"


rule plot_outputs:
    """Draw true against predicted outputs of mixed models."""
    input:
        predictions="<results>/origins/predictions.csv",
        partition=f"<results>/data/{catalog.music()}/partition.json",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_outputs.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_outputs/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_outputs/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_outputs"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=1000,
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_outputs"),
    script:
        "../scripts/plot_outputs.py"


rule plot_distances:
    """Draw how far each predictor's outputs are from the true ones."""
    input:
        distances="<results>/origins/distances.csv",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_distances.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_distances/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_distances/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_distances"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=1000,
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        places=catalog.predicted(catalog.music())["places"],
        code=digest_of("plot_distances"),
    script:
        "../scripts/plot_distances.py"


rule tabulate_distances:
    """Tabulate how far each predictor's outputs are from the true ones."""
    input:
        distances="<results>/origins/distances.csv",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_distances.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_distances/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_distances/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_distances"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=1000,
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        places=catalog.predicted(catalog.music())["places"],
        code=digest_of("tabulate_distances"),
    script:
        "../scripts/tabulate_distances.py"
