"""Worked cases and landmark networks -> <results>/studies/{study}/."""


rule plot_convolution:
    """Draw worked cases number by number: the window, what goes in and what comes out."""
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_convolution.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_convolution/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_convolution/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_convolution"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        cases=ask(catalog.cases, "study", "artefact"),
        code=digest_of("plot_convolution"),
    script:
        "../scripts/plot_convolution.py"


rule plot_strides:
    """Draw which pixels are kept by which stride."""
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_strides.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_strides/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_strides/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_strides"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        cases=ask(catalog.cases, "study", "artefact"),
        code=digest_of("plot_strides"),
    script:
        "../scripts/plot_strides.py"


rule plot_filters:
    """Show a photograph and what six filters make of it."""
    input:
        filtered="<results>/evaluation/convolutions/filtered.npz",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_filters.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_filters/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_filters/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_filters"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        code=digest_of("plot_filters"),
    script:
        "../scripts/plot_filters.py"


rule plot_landmark:
    """Draw a landmark network as blocks, a layer each, as tall as its maps."""
    input:
        landmarks="<results>/evaluation/convolutions/landmarks.csv",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_landmark.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_landmark/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_landmark/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_landmark"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_landmark"),
    script:
        "../scripts/plot_landmark.py"


rule tabulate_landmark:
    """Lay out a landmark network: layers, shapes, parameters, multiply-adds, receptive fields."""
    input:
        landmarks="<results>/evaluation/convolutions/landmarks.csv",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_landmark.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_landmark/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_landmark/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_landmark"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("tabulate_landmark"),
    script:
        "../scripts/tabulate_landmark.py"


rule tabulate_configurations:
    """Lay out landmark networks beside one another, or their parameters beside what is stated."""
    input:
        landmarks="<results>/evaluation/convolutions/landmarks.csv",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_configurations.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_configurations/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_configurations/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_configurations"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("tabulate_configurations"),
    script:
        "../scripts/tabulate_configurations.py"


rule tabulate_cases:
    """Set what the lecture's slides print beside what comes out."""
    input:
        cases="<results>/evaluation/convolutions/cases.csv",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_cases.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_cases/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_cases/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_cases"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        code=digest_of("tabulate_cases"),
    script:
        "../scripts/tabulate_cases.py"
