"""Urls or mirror -> <results>/downloads -> digits.npz, rejected.csv, splits.json of each dataset."""


rule datasets:
    """Fetch every file from outside and prepare every dataset that this run uses."""
    input:
        expand("<results>/downloads/{name}", name=catalog.files_to_fetch()),
        witnesses_of_run(),


rule pack:
    """Lay every downloaded file out as one folder that serves as a mirror elsewhere."""
    input:
        expand("<results>/downloads/{name}", name=catalog.files_to_fetch()),
    output:
        "<results>/pack/SHA256SUMS",
    log:
        "<logs>/pack.log",
    benchmark:
        "<benchmarks>/pack.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="30m",
    params:
        contents=catalog.contents(),
        code=digest_of("pack"),
    script:
        "../scripts/pack.py"


# on a cluster it runs where the run was started: nodes that compute often have no network
rule download_file:
    """Take one declared file from cache, mirror or its urls, and verify it."""
    output:
        "<results>/downloads/{name}",
    log:
        "<logs>/download_file/{name}.log",
    benchmark:
        "<benchmarks>/download_file/{name}.tsv"
    wildcard_constraints:
        name="|".join(catalog.remote_files()).replace(".", r"\."),
    localrule: True
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="1h",
        downloads=1,
    params:
        content=ask(catalog.content, "name"),
        code=digest_of("download_file"),
    script:
        "../scripts/download_file.py"


rule normalize_dataset:
    """Bring a dataset of any kind to one form, and list what was left out."""
    input:
        unpack(made_from(catalog.raw_files)),
    output:
        digits="<results>/data/{dataset}/digits.npz",
        rejected="<results>/data/{dataset}/rejected.csv",
    log:
        "<logs>/normalize_dataset/{dataset}.log",
    benchmark:
        "<benchmarks>/normalize_dataset/{dataset}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(2000),
        runtime="30m",
    params:
        dataset=ask(catalog.making, "dataset"),
        seed=config["seed"],
        code=digest_of("normalize_dataset"),
    script:
        "../scripts/normalize_dataset.py"


rule split_dataset:
    """Divide a dataset into training, validation and test; the file is the witness."""
    input:
        digits="<results>/data/{dataset}/digits.npz",
    output:
        splits="<results>/data/{dataset}/splits.json",
    log:
        "<logs>/split_dataset/{dataset}.log",
    benchmark:
        "<benchmarks>/split_dataset/{dataset}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        shares=config["split_shares"],
        seed=config["seed"],
        code=digest_of("split_dataset"),
    script:
        "../scripts/split_dataset.py"


rule read_observations:
    """Read a table of any kind, check every number, and write it as text."""
    input:
        unpack(made_from(catalog.raw_files)),
    output:
        observations="<results>/data/{dataset}/observations.csv",
    log:
        "<logs>/read_observations/{dataset}.log",
    benchmark:
        "<benchmarks>/read_observations/{dataset}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        dataset=ask(catalog.reading, "dataset"),
        code=digest_of("read_observations"),
    script:
        "../scripts/read_observations.py"


rule partition_observations:
    """Divide a table into training, validation and test; the file is the witness."""
    input:
        observations="<results>/data/{dataset}/observations.csv",
    output:
        partition="<results>/data/{dataset}/partition.json",
    log:
        "<logs>/partition_observations/{dataset}.log",
    benchmark:
        "<benchmarks>/partition_observations/{dataset}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        shares=config["split_shares"],
        seed=config["seed"],
        predicted=ask(catalog.predicted, "dataset"),
        code=digest_of("partition_observations"),
    script:
        "../scripts/partition_observations.py"
