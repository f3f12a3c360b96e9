"""scores.csv, history.csv, samples of painters -> figures and tables of studies."""


rule plot_painters:
    """Draw how far paintings are from those learnt from, over the training."""
    input:
        scores=over(
            "<results>/painters/{painter}/scores.csv",
            painter_catalog.behind,
            "study",
            "artefact",
        ),
        histories=over(
            "<results>/painters/{painter}/history.csv",
            painter_catalog.behind,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_painters.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_painters/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_painters/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_painters"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=painter_catalog.titles(),
        features=painter_catalog.features()["title"],
        comparable=painter_catalog.is_comparable(),
        code=digest_of("plot_painters"),
    script:
        "../scripts/plot_painters.py"


rule plot_paintings:
    """Show paintings that were learnt from, and painted ones."""
    input:
        samples=over(
            "<results>/painters/{painter}/samples.npz",
            painter_catalog.behind,
            "study",
            "artefact",
        ),
        paintings=over("{file}", painter_catalog.paintings_behind, "study", "artefact"),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_paintings.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_paintings/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_paintings/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_paintings"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        painters=config["painters"],
        shown=config["painting"]["shown"],
        code=digest_of("plot_paintings"),
    script:
        "../scripts/plot_paintings.py"


rule plot_neighbours:
    """Show paintings above those learnt from that are nearest to them."""
    input:
        neighbours=over(
            "<results>/painters/{painter}/neighbours.npz",
            painter_catalog.behind,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_neighbours.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_neighbours/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_neighbours/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_neighbours"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        titles=painter_catalog.titles(),
        code=digest_of("plot_neighbours"),
    script:
        "../scripts/plot_neighbours.py"


rule plot_inversions:
    """Show pictures beside what of them was found in a generator's space of styles."""
    input:
        rows=over(
            "<results>/painters/{painter}/inversion.npz",
            painter_catalog.behind,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_inversions.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_inversions/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_inversions/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_inversions"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        code=digest_of("plot_inversions"),
    script:
        "../scripts/plot_inversions.py"


rule tabulate_painters:
    """Tabulate what painters reach, and what they cost."""
    input:
        scores=over(
            "<results>/painters/{painter}/scores.csv",
            painter_catalog.behind,
            "study",
            "artefact",
        ),
        histories=over(
            "<results>/painters/{painter}/history.csv",
            painter_catalog.behind,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_painters.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_painters/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_painters/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_painters"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        titles=painter_catalog.titles(),
        features=painter_catalog.features()["title"],
        code=digest_of("tabulate_painters"),
    script:
        "../scripts/tabulate_painters.py"


rule tabulate_manners:
    """Set styles beside one another: manner, content, flicker, speed, training."""
    input:
        manners="<results>/evaluation/videos/manners.csv",
        scores="<results>/evaluation/videos/scores.csv",
        segments=expand("<results>/clips/{clip}/segments.json", clip=config["videos"]["clips"]),
        histories=[history for _, history in video_catalog.trainings()],
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_manners.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_manners/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_manners/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_manners"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="10m",
    params:
        titles=video_catalog.titles(),
        trained=[style for style, _ in video_catalog.trainings()],
        features=painter_catalog.features()["title"],
        code=digest_of("tabulate_manners"),
    script:
        "../scripts/tabulate_manners.py"


rule show_walk:
    """Walk through a painter's space of styles, as a clip."""
    input:
        weights=over(
            "<results>/painters/{painter}/weights.pt",
            painter_catalog.behind,
            "study",
            "artefact",
        ),
    output:
        clip=report(
            "<results>/studies/{study}/{artefact}",
            caption="report/show_walk.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/show_walk/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/show_walk/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("show_walk"),
    conda:
        "../envs/video.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime="1h",
    params:
        painter=ask(painter_catalog.walked, "study", "artefact"),
        walk=config["painting"]["walk"],
        title=ask(painter_catalog.title_walked, "study", "artefact"),
        encoding=video_catalog.encoding(),
        seed=config["seed"],
        code=digest_of("show_walk"),
    script:
        "../scripts/show_walk.py"
