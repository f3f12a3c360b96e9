"""Photographs -> <results>/images/dreams/{dream}/picture.png, by gradient ascent."""


rule dream_picture:
    """Let a network see more in a photograph of what it sees already."""
    input:
        unpack(ask(image_catalog.dream_inputs, "dream")),
    output:
        picture="<results>/images/dreams/{dream}/picture.png",
        scores="<results>/images/dreams/{dream}/scores.json",
    log:
        "<logs>/dream_picture/{dream}.log",
    benchmark:
        "<benchmarks>/dream_picture/{dream}.tsv"
    conda:
        "../envs/video.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(3000),
        runtime="4h",
    params:
        asked=ask(image_catalog.dream, "dream"),
        seed=config["seed"],
        code=digest_of("dream_picture"),
    script:
        "../scripts/dream_picture.py"


rule evaluate_dreams:
    """Summarise dreams: the numbers that claims are judged by."""
    input:
        scores=expand(
            "<results>/images/dreams/{dream}/scores.json", dream=image_catalog.asked("dreams")
        ),
    output:
        metrics="<results>/evaluation/dreams/metrics.json",
    log:
        "<logs>/evaluate_dreams.log",
    benchmark:
        "<benchmarks>/evaluate_dreams.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        asked=image_catalog.compared("dreams"),
        code=digest_of("evaluate_dreams"),
    script:
        "../scripts/evaluate_dreams.py"
