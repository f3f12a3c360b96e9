"""config/convolutions.yaml -> <results>/evaluation/convolutions/: worked cases, landmark networks."""


rule evaluate_convolutions:
    """Compute the worked cases of the lecture on convolutions, and tables of landmark networks."""
    output:
        cases="<results>/evaluation/convolutions/cases.csv",
        landmarks="<results>/evaluation/convolutions/landmarks.csv",
        filtered="<results>/evaluation/convolutions/filtered.npz",
        metrics="<results>/evaluation/convolutions/metrics.json",
    log:
        "<logs>/evaluate_convolutions.log",
    benchmark:
        "<benchmarks>/evaluate_convolutions.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(2000),
        runtime="10m",
    params:
        cases=config["convolutions"],
        landmarks=config["landmarks"],
        seed=config["seed"],
        code=digest_of("evaluate_convolutions"),
    script:
        "../scripts/evaluate_convolutions.py"
