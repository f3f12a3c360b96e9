"""splits.json -> weights.pt, snapshots.pt, samples.npz, scores.csv of every GAN and seed."""


rule gans:
    """Train and measure every GAN that a selected study is drawn from."""
    input:
        expand("<results>/evaluation/{gan}/metrics.json", gan=gan_catalog.trained()),


rule train_gan:
    """Train a generator and its discriminator on the training part."""
    input:
        splits=over("<results>/data/{dataset}/splits.json", gan_catalog.dataset, "gan"),
    output:
        weights="<results>/gans/{gan}/{seed}/weights.pt",
        snapshots="<results>/gans/{gan}/{seed}/snapshots.pt",
        history="<results>/gans/{gan}/{seed}/history.csv",
        steps="<results>/gans/{gan}/{seed}/steps.csv",
    log:
        "<logs>/train_gan/{gan}/{seed}.log",
    benchmark:
        "<benchmarks>/train_gan/{gan}/{seed}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(2500),
        runtime="8h",
    params:
        gan=ask(gan_catalog.making, "gan"),
        code=digest_with_network("train_gan", "gans", "gan"),
    script:
        "../scripts/train_gan.py"


rule sample_gan:
    """Generate pictures with the generator of every snapshot."""
    input:
        snapshots="<results>/gans/{gan}/{seed}/snapshots.pt",
    output:
        samples="<results>/gans/{gan}/{seed}/samples.npz",
    log:
        "<logs>/sample_gan/{gan}/{seed}.log",
    benchmark:
        "<benchmarks>/sample_gan/{gan}/{seed}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=growing(2000),
        runtime="30m",
    params:
        gan=ask(gan_catalog.networks, "gan"),
        samples=config["gan_samples"],
        code=digest_with_network("sample_gan", "gans", "gan"),
    script:
        "../scripts/sample_gan.py"


rule score_gan:
    """Score the pictures of every snapshot: features, statistics, distances, classes."""
    input:
        samples="<results>/gans/{gan}/{seed}/samples.npz",
        splits=over("<results>/data/{dataset}/splits.json", gan_catalog.dataset, "gan"),
        weights=over("<results>/{weights}", gan_catalog.weights, "features"),
    output:
        scores="<results>/gans/{gan}/{seed}/{features}/scores.csv",
        classes="<results>/gans/{gan}/{seed}/{features}/classes.csv",
        features="<results>/gans/{gan}/{seed}/{features}/features.npz",
        # one file an epoch and a set of real digits, each of which pytorch-fid reads
        statistics=directory("<results>/gans/{gan}/{seed}/{features}/statistics"),
    log:
        "<logs>/score_gan/{gan}/{seed}/{features}.log",
    benchmark:
        "<benchmarks>/score_gan/{gan}/{seed}/{features}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(3000),
        runtime="2h",
    params:
        part=ask(gan_catalog.part, "gan"),
        features=lookup(within=config["features"], dpath="{features}"),
        seed=config["seed"],
        code=digest_with_network("score_gan", "features", "features"),
    script:
        "../scripts/score_gan.py"


rule judge_pictures:
    """Ask the discriminator of every snapshot about generated, test and own digits."""
    input:
        snapshots="<results>/gans/{gan}/{seed}/snapshots.pt",
        samples="<results>/gans/{gan}/{seed}/samples.npz",
        splits=expand("<results>/data/{dataset}/splits.json", dataset=gan_catalog.judged_datasets()),
    output:
        judgements="<results>/gans/{gan}/{seed}/judgements.csv",
    log:
        "<logs>/judge_pictures/{gan}/{seed}.log",
    benchmark:
        "<benchmarks>/judge_pictures/{gan}/{seed}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=growing(2000),
        runtime="2h",
    params:
        gan=ask(gan_catalog.making, "gan"),
        targets=gan_catalog.judged(),
        code=digest_with_network("judge_pictures", "gans", "gan"),
    script:
        "../scripts/judge_pictures.py"


rule evaluate_gan:
    """Summarise a GAN over its seeds: distances, classes, what its discriminator says."""
    input:
        scores=over("<results>/gans/{gan}/{seed}/{features}/scores.csv", gan_catalog.runs, "gan"),
        classes=over("<results>/gans/{gan}/{seed}/{features}/classes.csv", gan_catalog.runs, "gan"),
        judgements=over("<results>/gans/{gan}/{seed}/judgements.csv", gan_catalog.runs, "gan"),
    output:
        metrics="<results>/evaluation/{gan}/metrics.json",
    log:
        "<logs>/evaluate_gan/{gan}.log",
    benchmark:
        "<benchmarks>/evaluate_gan/{gan}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        datasets=ask(gan_catalog.datasets_of, "gan"),
        features=gan_catalog.drawn_features(),
        code=digest_of("evaluate_gan"),
    script:
        "../scripts/evaluate_gan.py"
