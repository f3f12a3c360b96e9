"""Pictures -> <results>/painters/{painter}/: weights.pt, snapshots.pt, history.csv, samples, scores."""


rule painters:
    """Train and measure every painter that a selected study shows."""
    input:
        "<results>/evaluation/painters/metrics.json",


rule prepare_gallery:
    """Read pictures of any kind and size, and bring them to squares of one size."""
    input:
        unpack(made_from(painter_catalog.files)),
    output:
        pictures="<results>/data/{dataset}/pictures_{side}.npz",
        rejected="<results>/data/{dataset}/rejected_{side}.csv",
        witness="<results>/data/{dataset}/pictures_{side}.json",
    log:
        "<logs>/prepare_gallery/{dataset}/{side}.log",
    benchmark:
        "<benchmarks>/prepare_gallery/{dataset}/{side}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(2000),
        runtime="30m",
    params:
        gallery=ask(painter_catalog.preparing, "dataset"),
        code=digest_of("prepare_gallery"),
    script:
        "../scripts/prepare_gallery.py"


rule take_painting:
    """Take one painting out of a gallery, as the picture of a style."""
    input:
        pictures=painter_catalog.shown_gallery(),
    output:
        picture="<results>/pictures/{picture}.png",
    log:
        "<logs>/take_painting/{picture}.log",
    benchmark:
        "<benchmarks>/take_painting/{picture}.tsv"
    wildcard_constraints:
        picture="|".join(video_catalog.paintings()) or "none",
    conda:
        "../envs/video.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        number=lookup(within=config["pictures"], dpath="{picture}/painting"),
        code=digest_of("take_painting"),
    script:
        "../scripts/take_painting.py"


rule train_painter:
    """Train a network to paint from few pictures."""
    input:
        unpack(ask(painter_catalog.galleries, "painter")),
    output:
        weights="<results>/painters/{painter}/weights.pt",
        snapshots="<results>/painters/{painter}/snapshots.pt",
        history="<results>/painters/{painter}/history.csv",
        steps="<results>/painters/{painter}/steps.csv",
    log:
        "<logs>/train_painter/{painter}.log",
    benchmark:
        "<benchmarks>/train_painter/{painter}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(8000),
        runtime="48h",
    params:
        painter=ask(painter_catalog.making, "painter"),
        seed=config["seed"],
        code=digest_with_network("train_painter", "painters", "painter", STEPS),
    script:
        "../scripts/train_painter.py"


rule sample_painter:
    """Paint with the generator of every snapshot."""
    input:
        unpack(ask(painter_catalog.given, "painter")),
        snapshots="<results>/painters/{painter}/snapshots.pt",
    output:
        samples="<results>/painters/{painter}/samples.npz",
    log:
        "<logs>/sample_painter/{painter}.log",
    benchmark:
        "<benchmarks>/sample_painter/{painter}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(8000),
        runtime="2h",
    params:
        painter=ask(painter_catalog.networks, "painter"),
        counts=config["painting"],
        seed=config["seed"],
        code=digest_with_network("sample_painter", "painters", "painter"),
    script:
        "../scripts/sample_painter.py"


rule score_painter:
    """Score the paintings of every snapshot: distances to real ones, copies, nearest ones."""
    input:
        samples="<results>/painters/{painter}/samples.npz",
        paintings=ask(painter_catalog.paintings, "painter"),
        features=painter_catalog.features_file(),
        looks=painter_catalog.proof_file(),
    output:
        scores="<results>/painters/{painter}/scores.csv",
        neighbours="<results>/painters/{painter}/neighbours.npz",
    log:
        "<logs>/score_painter/{painter}.log",
    benchmark:
        "<benchmarks>/score_painter/{painter}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime="2h",
    params:
        features=painter_catalog.features(),
        looks=painter_catalog.looks(),
        translates=ask(painter_catalog.translates, "painter"),
        shown=config["painting"]["shown"],
        seed=config["seed"],
        code=digest_of("score_painter"),
    script:
        "../scripts/score_painter.py"


rule prove_inversion:
    """Look for generated pictures, paintings and photographs in a generator's space of styles."""
    input:
        unpack(ask(painter_catalog.sought, "painter")),
        weights="<results>/painters/{painter}/weights.pt",
        features=painter_catalog.proof_file(),
    output:
        rows="<results>/painters/{painter}/inversion.npz",
        table="<results>/painters/{painter}/inversion.csv",
    log:
        "<logs>/prove_inversion/{painter}.log",
    benchmark:
        "<benchmarks>/prove_inversion/{painter}.tsv"
    wildcard_constraints:
        painter="|".join(painter_catalog.walkable()) or "none",
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime="2h",
    params:
        painter=ask(painter_catalog.networks, "painter"),
        inversion=painter_catalog.proof(),
        each=config["painting"]["proof"]["count"],
        seed=config["seed"],
        code=digest_with_network("prove_inversion", "painters", "painter"),
    script:
        "../scripts/prove_inversion.py"


rule score_manners:
    """Measure how near restyled clips come to paintings, each style over all clips."""
    input:
        clips=video_catalog.clips(),
        videos=video_catalog.by_style(),
        paintings=painter_catalog.finest(),
        features=painter_catalog.features_file(),
        looks=painter_catalog.proof_file(),
    output:
        manners="<results>/evaluation/videos/manners.csv",
    log:
        "<logs>/score_manners.log",
    benchmark:
        "<benchmarks>/score_manners.tsv"
    conda:
        "../envs/video.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime="2h",
    params:
        styles=video_catalog.videos()["style"],
        features=painter_catalog.features(),
        looks=painter_catalog.looks(),
        seed=config["seed"],
        code=digest_of("score_manners"),
    script:
        "../scripts/score_manners.py"


rule evaluate_painters:
    """Summarise painters: the numbers that claims are judged by."""
    input:
        scores=expand("<results>/painters/{painter}/scores.csv", painter=painter_catalog.trained()),
        histories=painter_catalog.histories(),
    output:
        metrics="<results>/evaluation/painters/metrics.json",
    log:
        "<logs>/evaluate_painters.log",
    benchmark:
        "<benchmarks>/evaluate_painters.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        behind=painter_catalog.measuring(),
        code=digest_of("evaluate_painters"),
    script:
        "../scripts/evaluate_painters.py"


rule train_encoder:
    """Train an encoder to find the styles of what a generator makes, in one pass."""
    input:
        weights="<results>/painters/{painter}/weights.pt",
    output:
        weights="<results>/painters/{painter}/encoder.pt",
        history="<results>/painters/{painter}/encoder.csv",
    log:
        "<logs>/train_encoder/{painter}.log",
    benchmark:
        "<benchmarks>/train_encoder/{painter}.tsv"
    wildcard_constraints:
        painter="|".join(painter_catalog.walkable()) or "none",
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime="8h",
    params:
        painter=ask(painter_catalog.networks, "painter"),
        encoder=config["painting"]["encoder"],
        seed=config["seed"],
        code=digest_with_network("train_encoder", "painters", "painter"),
    script:
        "../scripts/train_encoder.py"


rule export_painter:
    """Take the generator out of a trained painter, for videos."""
    input:
        weights=over(
            "<results>/painters/{painter}/weights.pt", painter_catalog.of_stylizer, "stylizer"
        ),
    output:
        weights="<results>/stylizers/{stylizer}/weights.pt",
    log:
        "<logs>/export_painter/{stylizer}.log",
    benchmark:
        "<benchmarks>/export_painter/{stylizer}.tsv"
    wildcard_constraints:
        stylizer="|".join(video_catalog.exported()) or "none",
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(2000),
        runtime="10m",
    params:
        painter=ask(painter_catalog.networks_of_stylizer, "stylizer"),
        network=lookup(within=config["stylizers"], dpath="{stylizer}/network"),
        code=digest_of("export_painter"),
    script:
        "../scripts/export_painter.py"
