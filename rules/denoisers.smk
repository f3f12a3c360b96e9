"""Pictures -> weights.pt, history.csv of every denoiser and seed; <results>/evaluation/denoising/."""


rule denoisers:
    """Train and measure every denoiser of this run."""
    input:
        "<results>/evaluation/denoising/metrics.json",


rule prepare_pictures:
    """Read pictures, hold the last ones out, and bring all of them to one size."""
    input:
        denoising_catalog.raw_files(),
    output:
        pictures=denoising_catalog.pictures(),
        witness=denoising_catalog.witness(),
    log:
        "<logs>/prepare_pictures.log",
    benchmark:
        "<benchmarks>/prepare_pictures.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        asked=denoising_catalog.preparing(),
        seed=config["seed"],
        code=digest_of("prepare_pictures"),
    script:
        "../scripts/prepare_pictures.py"


rule train_denoiser:
    """Train a network to take noise out of pictures."""
    input:
        pictures=denoising_catalog.pictures(),
    output:
        weights="<results>/denoisers/{denoiser}/{seed}/weights.pt",
        history="<results>/denoisers/{denoiser}/{seed}/history.csv",
    log:
        "<logs>/train_denoiser/{denoiser}/{seed}.log",
    benchmark:
        "<benchmarks>/train_denoiser/{denoiser}/{seed}.tsv"
    conda:
        "../envs/torch.yaml"
    # a small network on small pictures: two at a time get further than one on two cores
    threads: 1
    resources:
        gpu=1,
        mem_mb=growing(2500),
        runtime="4h",
    params:
        denoiser=ask(denoising_catalog.training, "denoiser"),
        code=digest_with_network("train_denoiser", "denoisers", "denoiser"),
    script:
        "../scripts/train_denoiser.py"


rule score_references:
    """Measure what denoisers are compared with: noisy input, blur, non-local means, BM3D."""
    input:
        pictures=denoising_catalog.pictures(),
    output:
        scores="<results>/evaluation/denoising/references.csv",
        pictures="<results>/evaluation/denoising/references.npz",
        about="<results>/evaluation/denoising/references.json",
    log:
        "<logs>/score_references.log",
    benchmark:
        "<benchmarks>/score_references.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="2h",
    params:
        asked=denoising_catalog.measuring(),
        seed=config["seed"],
        code=digest_of("score_references"),
    script:
        "../scripts/score_references.py"


rule evaluate_denoisers:
    """Measure the denoisers of all seeds on held-out pictures, and summarise them."""
    input:
        pictures=denoising_catalog.pictures(),
        weights=denoising_catalog.files("weights.pt"),
        histories=denoising_catalog.files("history.csv"),
        reference_scores="<results>/evaluation/denoising/references.csv",
        reference_pictures="<results>/evaluation/denoising/references.npz",
        about="<results>/evaluation/denoising/references.json",
    output:
        scores="<results>/evaluation/denoising/scores.csv",
        pictures="<results>/evaluation/denoising/pictures.npz",
        metrics="<results>/evaluation/denoising/metrics.json",
    log:
        "<logs>/evaluate_denoisers.log",
    benchmark:
        "<benchmarks>/evaluate_denoisers.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(2000),
        runtime="1h",
    params:
        asked=denoising_catalog.measuring(),
        networks=denoising_catalog.networks(),
        seeds=denoising_catalog.all_seeds(),
        counts=denoising_catalog.counts(),
        seed=config["seed"],
        code=digest_of("evaluate_denoisers"),
    script:
        "../scripts/evaluate_denoisers.py"
