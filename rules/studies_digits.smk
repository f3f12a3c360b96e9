"""Classifiers' histories, metrics, predictions, digits -> <results>/studies/{study}/."""


rule plot_learning_curves:
    """Draw accuracy, precision and loss over epochs, with the spread over seeds."""
    input:
        histories=from_models("<results>/models/{model}/{seed}/history.csv"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_learning_curves.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_learning_curves/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_learning_curves/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_learning_curves"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_learning_curves"),
    script:
        "../scripts/plot_learning_curves.py"


rule plot_digits:
    """Show digits of a dataset, a class a row."""
    input:
        digits=over(
            "<results>/data/{dataset}/digits.npz", catalog.dataset_of_item, "study", "artefact"
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_digits.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_digits/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_digits/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_digits"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_digits"),
    script:
        "../scripts/plot_digits.py"


rule plot_forms:
    """Show own digits as they are and in MNIST form."""
    input:
        digits=over(
            "<results>/data/{dataset}/digits.npz", catalog.dataset_of_item, "study", "artefact"
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_forms.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_forms/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_forms/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_forms"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_forms"),
    script:
        "../scripts/plot_forms.py"


rule plot_predictions:
    """Show digits with what the network reads, the first ones or the worst mistakes."""
    input:
        predictions=from_models("<results>/evaluation/{model}/predictions.csv"),
        digits=over(
            "<results>/data/{dataset}/digits.npz", catalog.dataset_of_item, "study", "artefact"
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_predictions.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_predictions/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_predictions/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_predictions"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        target=ask(catalog.target, "study", "artefact"),
        code=digest_of("plot_predictions"),
    script:
        "../scripts/plot_predictions.py"


rule plot_confusion:
    """Draw a confusion matrix."""
    input:
        metrics=from_models("<results>/evaluation/{model}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_confusion.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_confusion/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_confusion/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_confusion"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_confusion"),
    script:
        "../scripts/plot_confusion.py"


rule plot_calibration:
    """Draw confidence against accuracy."""
    input:
        predictions=from_models("<results>/evaluation/{model}/predictions.csv"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_calibration.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_calibration/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_calibration/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_calibration"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_calibration"),
    script:
        "../scripts/plot_calibration.py"


rule plot_repair:
    """Draw the repair of own-digit recognition, step by step."""
    input:
        metrics=from_models("<results>/evaluation/{model}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_repair.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_repair/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_repair/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_repair"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        repair=config["repair"],
        code=digest_of("plot_repair"),
    script:
        "../scripts/plot_repair.py"


rule tabulate_metrics:
    """Tabulate accuracy, precision, recall, F1 and calibration."""
    input:
        metrics=from_models("<results>/evaluation/{model}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_metrics.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_metrics/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_metrics/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_metrics"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("tabulate_metrics"),
    script:
        "../scripts/tabulate_metrics.py"


rule tabulate_classes:
    """Tabulate precision, recall and F1 per digit."""
    input:
        metrics=from_models("<results>/evaluation/{model}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_classes.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_classes/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_classes/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_classes"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("tabulate_classes"),
    script:
        "../scripts/tabulate_classes.py"


rule tabulate_sweep:
    """Tabulate the sweep over epochs and batch size."""
    input:
        histories=from_models("<results>/models/{model}/{seed}/history.csv"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_sweep.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_sweep/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_sweep/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_sweep"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        batch_sizes=catalog.batch_sizes(),
        code=digest_of("tabulate_sweep"),
    script:
        "../scripts/tabulate_sweep.py"


rule tabulate_repair:
    """Tabulate the repair of own-digit recognition."""
    input:
        metrics=from_models("<results>/evaluation/{model}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_repair.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_repair/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_repair/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_repair"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        repair=config["repair"],
        code=digest_of("tabulate_repair"),
    script:
        "../scripts/tabulate_repair.py"


rule tabulate_writers:
    """Tabulate recognition of writers that were left out of training."""
    input:
        metrics=from_models("<results>/evaluation/{model}/metrics.json"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_writers.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_writers/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_writers/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_writers"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        writers=config["left_out_writers"],
        code=digest_of("tabulate_writers"),
    script:
        "../scripts/tabulate_writers.py"
