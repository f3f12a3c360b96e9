"""Pictures, feature networks -> <results>/images/zooms/{zoom}.mp4, a fall into a dream."""


rule zooms:
    """Make every zoom that config/zooms.yaml wants; by default there is none."""
    input:
        zoom_catalog.wanted(),


rule zoom_dream:
    """Zoom into a dream: every frame is the last one, enlarged and dreamt on."""
    input:
        unpack(ask(zoom_catalog.inputs, "zoom")),
    output:
        clip="<results>/images/zooms/{zoom}.mp4",
    log:
        "<logs>/zoom_dream/{zoom}.log",
    benchmark:
        "<benchmarks>/zoom_dream/{zoom}.tsv"
    wildcard_constraints:
        zoom="|".join(config["zooms"]) or "none",
    conda:
        "../envs/video.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(3000),
        runtime="8h",
    params:
        asked=ask(zoom_catalog.zoom, "zoom"),
        title=lookup(within=config["zooms"], dpath="{zoom}/title"),
        encoding=video_catalog.encoding(),
        seed=config["seed"],
        code=digest_of("zoom_dream"),
    script:
        "../scripts/zoom_dream.py"
