"""All of it -> <results>/provenance.json and <results>/report/index.html."""


rule record_provenance:
    """Save config, versions, commit, machine, data digests, and time and memory of each step."""
    input:
        study_artefacts(),
        witnesses=witnesses_of_run(),
        histories=[
            *expand(
                "<results>/models/{model}/{seed}/history.csv",
                model=catalog.trained_models(),
                seed=config["seeds"],
            ),
            *(f"<results>/gans/{gan}/{seed}/history.csv" for gan, seed in gan_catalog.all_runs()),
            *denoising_catalog.histories(),
            *painter_catalog.histories(),
        ],
    output:
        provenance="<results>/provenance.json",
        config="<results>/config.yaml",
    log:
        "<logs>/record_provenance.log",
    benchmark:
        "<benchmarks>/record_provenance.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        config=config,
        code=digest_of("record_provenance"),
    script:
        "../scripts/record_provenance.py"


rule build_report:
    """Write the report, a page a study, that opens with no network."""
    input:
        study_artefacts(),
        provenance="<results>/provenance.json",
        digits=f"<results>/data/{catalog.dataset('own')}/digits.npz",
        rejected=f"<results>/data/{catalog.dataset('own')}/rejected.csv",
        clips=video_catalog.clips(),
        videos=expand("<results>/videos/{clip}/{style}.mp4", **video_catalog.videos()),
        scores=expand("<results>/videos/{clip}/{style}/scores.json", **video_catalog.videos()),
        probed=expand("<results>/clips/{clip}/clip.json", clip=video_catalog.videos()["clip"]),
        beside=pairs_shown,
    output:
        "<results>/report/index.html",
    log:
        "<logs>/build_report.log",
    benchmark:
        "<benchmarks>/build_report.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        documents=config["documents"],
        studies=config["studies"],
        code=digest_of("build_report", "report/templates"),
    script:
        "../scripts/build_report.py"
