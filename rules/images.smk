"""Photographs, feature networks -> <results>/images/: feature maps, pictures that filters answer to."""


rule show_feature_maps:
    """Show what channels of a feature network make of a photograph."""
    input:
        backbone=video_catalog.backbone_file(config["images"]["features"]),
    output:
        maps="<results>/images/feature_maps/maps.npz",
    log:
        "<logs>/show_feature_maps.log",
    benchmark:
        "<benchmarks>/show_feature_maps.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(2000),
        runtime="10m",
    params:
        asked=config["feature_maps"],
        backbone=video_catalog.backbone(config["images"]["features"]),
        seed=config["seed"],
        code=digest_of("show_feature_maps"),
    script:
        "../scripts/show_feature_maps.py"


rule maximize_activations:
    """Seek pictures that filters answer most strongly, plainly and with regularisers."""
    input:
        backbone=video_catalog.backbone_file(config["images"]["features"]),
    output:
        pictures="<results>/images/activations/pictures.npz",
        metrics="<results>/evaluation/activations/metrics.json",
    log:
        "<logs>/maximize_activations.log",
    benchmark:
        "<benchmarks>/maximize_activations.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(3000),
        runtime="1h",
    params:
        asked=config["activations"],
        features=config["images"]["features"],
        backbone=video_catalog.backbone(config["images"]["features"]),
        seed=config["seed"],
        code=digest_of("maximize_activations"),
    script:
        "../scripts/maximize_activations.py"
