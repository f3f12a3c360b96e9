"""steps.csv, samples.npz, scores.csv, judgements.csv of GANs -> <results>/studies/{study}/."""


rule plot_adversarial_losses:
    """Draw what generator and discriminator lose per step, and what the latter answers."""
    input:
        steps=over(
            "<results>/gans/{gan}/{seed}/steps.csv",
            gan_catalog.first_runs_behind,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_adversarial_losses.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_adversarial_losses/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_adversarial_losses/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_adversarial_losses"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=gan_catalog.titles(),
        code=digest_of("plot_adversarial_losses"),
    script:
        "../scripts/plot_adversarial_losses.py"


rule plot_generated:
    """Show what a generator made of the same latent vectors, and real digits."""
    input:
        samples=over(
            "<results>/gans/{gan}/{seed}/samples.npz",
            gan_catalog.first_runs_behind,
            "study",
            "artefact",
        ),
        splits=over(
            "<results>/data/{dataset}/splits.json",
            gan_catalog.dataset_of_item,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_generated.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_generated/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_generated/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_generated"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        part=ask(gan_catalog.part_of_item, "study", "artefact"),
        code=digest_of("plot_generated"),
    script:
        "../scripts/plot_generated.py"


rule plot_judgements:
    """Draw what a discriminator takes for real, over the epochs."""
    input:
        judgements=over(
            "<results>/gans/{gan}/{seed}/judgements.csv",
            gan_catalog.runs_behind,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_judgements.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_judgements/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_judgements/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_judgements"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=gan_catalog.titles(),
        code=digest_of("plot_judgements"),
    script:
        "../scripts/plot_judgements.py"


rule plot_generation:
    """Draw how far generated digits are from real ones, over the epochs."""
    input:
        scores=over(
            "<results>/gans/{gan}/{seed}/{features}/scores.csv",
            gan_catalog.runs_behind,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_generation.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_generation/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_generation/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_generation"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=gan_catalog.titles(),
        features=gan_catalog.drawn_features(),
        code=digest_of("plot_generation"),
    script:
        "../scripts/plot_generation.py"


rule plot_classes:
    """Draw which digits are generated, and when they can be read."""
    input:
        classes=over(
            "<results>/gans/{gan}/{seed}/{features}/classes.csv",
            gan_catalog.runs_behind,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_classes.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_classes/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_classes/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_classes"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=gan_catalog.titles(),
        features=gan_catalog.drawn_features(),
        code=digest_of("plot_classes"),
    script:
        "../scripts/plot_classes.py"


rule plot_activation:
    """Draw LeakyReLU."""
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_activation.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_activation/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_activation/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_activation"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_activation"),
    script:
        "../scripts/plot_activation.py"


rule tabulate_judgements:
    """Tabulate what discriminators take for real."""
    input:
        judgements=over(
            "<results>/gans/{gan}/{seed}/judgements.csv",
            gan_catalog.runs_behind,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_judgements.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_judgements/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_judgements/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_judgements"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=gan_catalog.titles(),
        code=digest_of("tabulate_judgements"),
    script:
        "../scripts/tabulate_judgements.py"


rule tabulate_gans:
    """Tabulate how far generated digits are from real ones."""
    input:
        metrics=over("<results>/evaluation/{gan}/metrics.json", catalog.behind, "study", "artefact"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_gans.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_gans/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_gans/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_gans"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=gan_catalog.titles(),
        features=gan_catalog.measured_features(),
        code=digest_of("tabulate_gans"),
    script:
        "../scripts/tabulate_gans.py"


rule tabulate_recipes:
    """Tabulate what each change of a recipe brings."""
    input:
        metrics=over("<results>/evaluation/{gan}/metrics.json", catalog.behind, "study", "artefact"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_recipes.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_recipes/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_recipes/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_recipes"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=gan_catalog.titles(),
        networks=gan_catalog.network_names(),
        features=gan_catalog.drawn_features(),
        code=digest_of("tabulate_recipes"),
    script:
        "../scripts/tabulate_recipes.py"
