"""weights.pt of all seeds -> metrics.json and predictions.csv of every model."""


rule evaluation:
    """Measure every model on the parts that its `targets` name."""
    input:
        expand("<results>/evaluation/{model}/metrics.json", model=catalog.trained_models()),


rule evaluate_classifier:
    """Predict the digits of each target with the networks of all seeds, and measure."""
    input:
        weights=expand(
            "<results>/models/{model}/{seed}/weights.pt", seed=config["seeds"], allow_missing=True
        ),
        splits=over("<results>/data/{dataset}/splits.json", catalog.datasets_of_model, "model"),
    output:
        metrics="<results>/evaluation/{model}/metrics.json",
        predictions="<results>/evaluation/{model}/predictions.csv",
    log:
        "<logs>/evaluate_classifier/{model}.log",
    benchmark:
        "<benchmarks>/evaluate_classifier/{model}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=growing(1500),
        runtime="30m",
    params:
        network=lookup(within=config["models"], dpath="{model}/network"),
        seeds=config["seeds"],
        targets=ask(catalog.targets, "model"),
        code=digest_with_network("evaluate_classifier"),
    script:
        "../scripts/evaluate_classifier.py"
