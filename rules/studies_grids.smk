"""Grids of perceptrons and predicted origins -> <results>/studies/{study}/."""


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
        mem_mb=growing(1000),
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
        mem_mb=growing(1000),
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
        mem_mb=growing(1000),
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
        mem_mb=growing(1000),
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
        mem_mb=growing(1000),
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
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        places=catalog.predicted(catalog.music())["places"],
        code=digest_of("tabulate_distances"),
    script:
        "../scripts/tabulate_distances.py"
