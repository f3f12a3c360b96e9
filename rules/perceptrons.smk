"""partition.json -> fitted autoencoders and grids of perceptrons, mixed models, their metrics."""


rule perceptrons:
    """Fit and measure every autoencoder and grid that a selected study is drawn from."""
    input:
        expand(
            "<results>/evaluation/{name}/metrics.json",
            name=[*catalog.fitted_autoencoders(), *catalog.fitted_grids(), *catalog.comparisons()],
        ),


rule train_autoencoders:
    """Fit an autoencoder per width and seed on the training part of a table."""
    input:
        partition=over(
            "<results>/data/{dataset}/partition.json", catalog.table_of_autoencoder, "autoencoder"
        ),
    output:
        fitted="<results>/autoencoders/{autoencoder}/fitted.npz",
        history="<results>/autoencoders/{autoencoder}/history.csv",
    log:
        "<logs>/train_autoencoders/{autoencoder}.log",
    benchmark:
        "<benchmarks>/train_autoencoders/{autoencoder}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="1h",
    params:
        settings=ask(catalog.fitting, "autoencoder"),
        seeds=config["seeds"],
        code=digest_of("train_autoencoders"),
    script:
        "../scripts/train_autoencoders.py"


rule evaluate_autoencoders:
    """Measure the autoencoders of all widths and seeds on every part of their table."""
    input:
        fitted="<results>/autoencoders/{autoencoder}/fitted.npz",
        history="<results>/autoencoders/{autoencoder}/history.csv",
        partition=over(
            "<results>/data/{dataset}/partition.json", catalog.table_of_autoencoder, "autoencoder"
        ),
    output:
        metrics="<results>/evaluation/{autoencoder}/metrics.json",
        reconstructions="<results>/evaluation/{autoencoder}/reconstructions.csv",
    log:
        "<logs>/evaluate_autoencoders/{autoencoder}.log",
    benchmark:
        "<benchmarks>/evaluate_autoencoders/{autoencoder}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        dataset=ask(catalog.table_of_autoencoder, "autoencoder"),
        widths=lookup(within=config["autoencoders"], dpath="{autoencoder}/widths"),
        seeds=config["seeds"],
        code=digest_of("evaluate_autoencoders"),
    script:
        "../scripts/evaluate_autoencoders.py"


rule train_grid:
    """Fit one part of a grid of perceptrons, all networks side by side."""
    input:
        partition=over("<results>/data/{dataset}/partition.json", catalog.table_of_grid, "grid"),
    output:
        history="<results>/grids/{grid}/{seed}/{part}/history.csv",
        best="<results>/grids/{grid}/{seed}/{part}/best.npz",
    log:
        "<logs>/train_grid/{grid}/{seed}/{part}.log",
    benchmark:
        "<benchmarks>/train_grid/{grid}/{seed}/{part}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="2h",
    params:
        settings=ask(catalog.grid_fitting, "grid"),
        code=digest_of("train_grid"),
    script:
        "../scripts/train_grid.py"


rule rank_grid:
    """Find the best, the median and the worst network of a grid on validation data."""
    input:
        histories=over(
            "<results>/grids/{grid}/{seed}/{part}/history.csv", catalog.parts_of_grid, "grid"
        ),
        best=over("<results>/grids/{grid}/{seed}/{part}/best.npz", catalog.parts_of_grid, "grid"),
    output:
        results="<results>/grids/{grid}/results.csv",
        chosen="<results>/grids/{grid}/chosen.csv",
        best="<results>/grids/{grid}/best.npz",
        metrics="<results>/evaluation/{grid}/metrics.json",
    log:
        "<logs>/rank_grid/{grid}.log",
    benchmark:
        "<benchmarks>/rank_grid/{grid}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        dataset=ask(catalog.table_of_grid, "grid"),
        seeds=ask(catalog.grid_seeds, "grid"),
        shown_rates=lookup(within=config["grids"], dpath="{grid}/shown_rates"),
        code=digest_of("rank_grid"),
    script:
        "../scripts/rank_grid.py"


rule train_mixed_models:
    """Fit the grid's best network and the document's to features and codes; predict the test part."""
    input:
        partition=f"<results>/data/{catalog.music()}/partition.json",
        networks=f"<results>/grids/{config['origins']['grids']['networks']}/best.npz",
        low=f"<results>/grids/{config['origins']['grids']['low']}/best.npz",
        high=f"<results>/grids/{config['origins']['grids']['high']}/best.npz",
    output:
        "<results>/origins/predictions.csv",
    log:
        "<logs>/train_mixed_models.log",
    benchmark:
        "<benchmarks>/train_mixed_models.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="1h",
    params:
        mixed=config["origins"]["mixed"],
        seeds=config["seeds"],
        code=digest_of("train_mixed_models"),
    script:
        "../scripts/train_mixed_models.py"


rule score_origins:
    """Predict the test part by other means, from features and from codes."""
    input:
        partition=f"<results>/data/{catalog.music()}/partition.json",
        low=f"<results>/grids/{config['origins']['grids']['low']}/best.npz",
        high=f"<results>/grids/{config['origins']['grids']['high']}/best.npz",
    output:
        "<results>/origins/others.csv",
    log:
        "<logs>/score_origins.log",
    benchmark:
        "<benchmarks>/score_origins.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=0,
        mem_mb=growing(2000),
        runtime="1h",
    params:
        seed=config["seed"],
        code=digest_of("score_origins"),
    script:
        "../scripts/score_origins.py"


rule cross_validate_origins:
    """Predict every row of the grids' table by others that are fitted without it."""
    input:
        partition=f"<results>/data/{catalog.music()}/partition.json",
        networks=f"<results>/grids/{config['origins']['grids']['networks']}/best.npz",
    output:
        "<results>/origins/folds.csv",
    log:
        "<logs>/cross_validate_origins.log",
    benchmark:
        "<benchmarks>/cross_validate_origins.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=0,
        mem_mb=growing(2000),
        runtime="2h",
    params:
        origins=config["origins"],
        seed=config["seed"],
        code=digest_of("cross_validate_origins"),
    script:
        "../scripts/cross_validate_origins.py"


rule evaluate_origins:
    """Measure how far the predicted outputs are from the true ones."""
    input:
        partition=f"<results>/data/{catalog.music()}/partition.json",
        predictions="<results>/origins/predictions.csv",
        others="<results>/origins/others.csv",
        folds="<results>/origins/folds.csv",
        low=f"<results>/evaluation/{config['origins']['grids']['low']}/metrics.json",
        high=f"<results>/evaluation/{config['origins']['grids']['high']}/metrics.json",
    output:
        metrics="<results>/evaluation/origins/metrics.json",
        distances="<results>/origins/distances.csv",
    log:
        "<logs>/evaluate_origins.log",
    benchmark:
        "<benchmarks>/evaluate_origins.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        dataset=catalog.music(),
        code=digest_of("evaluate_origins"),
    script:
        "../scripts/evaluate_origins.py"
