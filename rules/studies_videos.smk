"""stills.npz and scores.csv of restyled clips -> <results>/studies/{study}/."""


rule plot_stills:
    """Show frames of clips before and after, and the picture that they took their style from."""
    input:
        stills=over(
            "<results>/videos/{clip}/{style}/stills.npz",
            video_catalog.behind,
            "study",
            "artefact",
        ),
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/plot_stills.rst",
            category="{study}",
            subcategory="figures",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/plot_stills/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/plot_stills/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("plot_stills"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        options=ask(catalog.options, "study", "artefact"),
        code=digest_of("plot_stills"),
    script:
        "../scripts/plot_stills.py"


rule tabulate_videos:
    """Tabulate restyled clips: frames, sound, edges, style, flicker, before and after."""
    input:
        scores="<results>/evaluation/videos/scores.csv",
    output:
        report(
            "<results>/studies/{study}/{artefact}",
            caption="report/tabulate_videos.rst",
            category="{study}",
            subcategory="tables",
            labels=ask(catalog.labels, "study", "artefact"),
        ),
    log:
        "<logs>/tabulate_videos/{study}/{artefact}.log",
    benchmark:
        "<benchmarks>/tabulate_videos/{study}/{artefact}.tsv"
    wildcard_constraints:
        artefact=artefacts_of("tabulate_videos"),
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        titles=video_catalog.titles(),
        learnt=video_catalog.learnt_on(),
        code=digest_of("tabulate_videos"),
    script:
        "../scripts/tabulate_videos.py"
