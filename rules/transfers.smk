"""Photographs and pictures -> <results>/images/transfers/{transfer}/picture.png, by optimisation."""


rule transfer_style:
    """Give a photograph the style of other pictures, by optimisation of its pixels."""
    input:
        unpack(ask(image_catalog.transfer_inputs, "transfer")),
    output:
        picture="<results>/images/transfers/{transfer}/picture.png",
        history="<results>/images/transfers/{transfer}/history.csv",
    log:
        "<logs>/transfer_style/{transfer}.log",
    benchmark:
        "<benchmarks>/transfer_style/{transfer}.tsv"
    conda:
        "../envs/video.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime="8h",
    params:
        asked=ask(image_catalog.transfer, "transfer"),
        seed=config["seed"],
        code=digest_of("transfer_style"),
    script:
        "../scripts/transfer_style.py"


rule evaluate_transfers:
    """Summarise transfers of style: the numbers that claims are judged by."""
    input:
        histories=expand(
            "<results>/images/transfers/{transfer}/history.csv",
            transfer=image_catalog.asked("transfers"),
        ),
    output:
        metrics="<results>/evaluation/transfers/metrics.json",
    log:
        "<logs>/evaluate_transfers.log",
    benchmark:
        "<benchmarks>/evaluate_transfers.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        asked=image_catalog.compared("transfers"),
        code=digest_of("evaluate_transfers"),
    script:
        "../scripts/evaluate_transfers.py"
