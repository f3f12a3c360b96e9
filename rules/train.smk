"""splits.json -> weights.pt and history.csv of every model and seed."""


rule models:
    """Train every model that a selected study is drawn from, with every seed."""
    input:
        expand(
            "<results>/models/{model}/{seed}/weights.pt",
            model=catalog.trained_models(),
            seed=config["seeds"],
        ),


rule train_classifier:
    """Fit a classifier on the training part; keep its last epoch or its best by validation."""
    input:
        unpack(ask(catalog.training_inputs, "model", "seed")),
    output:
        weights="<results>/models/{model}/{seed}/weights.pt",
        history="<results>/models/{model}/{seed}/history.csv",
    log:
        "<logs>/train_classifier/{model}/{seed}.log",
    benchmark:
        "<benchmarks>/train_classifier/{model}/{seed}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=growing(1500),
        runtime="2h",
    params:
        model=ask(catalog.training, "model"),
        code=digest_with_network("train_classifier"),
    script:
        "../scripts/train_classifier.py"
