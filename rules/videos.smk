"""Clips, pictures, published networks -> <results>/videos/{clip}/{style}.mp4, restyled, with sound."""


rule videos:
    """Restyle every clip in every style that config/videos.yaml lists."""
    input:
        expand("<results>/videos/{clip}/{style}.mp4", **video_catalog.videos()),
        expand("<results>/videos/{clip}/{style}/facts.json", **video_catalog.videos()),
        video_catalog.side_by_side(),


rule make_clip:
    """Make the clip that stands in for real ones: frames and sound, with no network."""
    output:
        clip="<results>/clips/{clip}.mp4",
    log:
        "<logs>/make_clip/{clip}.log",
    benchmark:
        "<benchmarks>/make_clip/{clip}.tsv"
    wildcard_constraints:
        clip="|".join(video_catalog.made("clips")) or "none",
    conda:
        "../envs/video.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        code=digest_of("make_clip"),
    script:
        "../scripts/make_clip.py"


rule draw_picture:
    """Draw a picture that needs no network, or take it from where a library has it."""
    output:
        picture="<results>/pictures/{picture}.png",
    log:
        "<logs>/draw_picture/{picture}.log",
    benchmark:
        "<benchmarks>/draw_picture/{picture}.tsv"
    wildcard_constraints:
        picture="|".join(video_catalog.made("pictures")) or "none",
    conda:
        "../envs/video.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(500),
        runtime="10m",
    params:
        kind=lookup(within=config["pictures"], dpath="{picture}/made"),
        seed=config["seed"],
        code=digest_of("draw_picture"),
    script:
        "../scripts/draw_picture.py"


rule read_stylizer:
    """Read a published network from its files, and save its weights as this pipeline's own."""
    input:
        unpack(ask(video_catalog.published_files, "stylizer")),
    output:
        weights="<results>/stylizers/{stylizer}/weights.pt",
    log:
        "<logs>/read_stylizer/{stylizer}.log",
    benchmark:
        "<benchmarks>/read_stylizer/{stylizer}.tsv"
    wildcard_constraints:
        stylizer="|".join(video_catalog.published()) or "none",
    conda:
        "../envs/video.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        network=lookup(within=config["stylizers"], dpath="{stylizer}/network"),
        code=digest_of("read_stylizer"),
    script:
        "../scripts/read_stylizer.py"


rule train_stylizer:
    """Train a network to restyle in the manner of one picture, by perceptual loss."""
    input:
        unpack(ask(video_catalog.training_inputs, "stylizer")),
    output:
        weights="<results>/stylizers/{stylizer}/weights.pt",
        history="<results>/stylizers/{stylizer}/history.csv",
    log:
        "<logs>/train_stylizer/{stylizer}.log",
    benchmark:
        "<benchmarks>/train_stylizer/{stylizer}.tsv"
    wildcard_constraints:
        stylizer="|".join(video_catalog.trained()) or "none",
    conda:
        "../envs/video.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime="8h",
    params:
        training=ask(video_catalog.training, "stylizer"),
        seed=config["seed"],
        code=digest_of("train_stylizer"),
    script:
        "../scripts/train_stylizer.py"


checkpoint probe_clip:
    """Look at every frame of a clip once: when it is shown, how it is kept; plan its segments."""
    input:
        clip=ask(video_catalog.clip, "clip"),
    output:
        clip="<results>/clips/{clip}/clip.json",
        segments="<results>/clips/{clip}/segments.json",
    log:
        "<logs>/probe_clip/{clip}.log",
    benchmark:
        "<benchmarks>/probe_clip/{clip}.tsv"
    conda:
        "../envs/video.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="1h",
    params:
        seconds=lookup(within=config["videos"], dpath="segment_seconds"),
        code=digest_of("probe_clip"),
    script:
        "../scripts/probe_clip.py"


rule stylize_segment:
    """Decode a segment of a clip, restyle it and encode it, with no picture files in between."""
    input:
        clip=ask(video_catalog.clip, "clip"),
        probed="<results>/clips/{clip}/clip.json",
        segments="<results>/clips/{clip}/segments.json",
        weights=ask(video_catalog.weights_of, "style"),
        pictures=ask(video_catalog.pictures_of, "style"),
        mask=ask(video_catalog.mask_of, "style"),
        features=ask(video_catalog.searching_backbone, "style"),
        encoder=ask(video_catalog.encoder_of, "style"),
    output:
        temp("<results>/videos/{clip}/{style}/{segment}.nut"),
    log:
        "<logs>/stylize_segment/{clip}/{style}/{segment}.log",
    benchmark:
        "<benchmarks>/stylize_segment/{clip}/{style}/{segment}.tsv"
    conda:
        "../envs/video.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(3000),
        runtime="2h",
    params:
        style=ask(video_catalog.restyling, "style"),
        encoding=video_catalog.encoding(),
        code=digest_of("stylize_segment"),
    script:
        "../scripts/stylize_segment.py"


rule assemble_video:
    """Join the segments without encoding them again, with the original's sound."""
    input:
        clip=ask(video_catalog.clip, "clip"),
        probed="<results>/clips/{clip}/clip.json",
        segments=segments_of,
        # segments are gone once they are joined: what they were made with is looked at here as well
        weights=ask(video_catalog.weights_of, "style"),
        pictures=ask(video_catalog.pictures_of, "style"),
        mask=ask(video_catalog.mask_of, "style"),
        features=ask(video_catalog.searching_backbone, "style"),
        encoder=ask(video_catalog.encoder_of, "style"),
    output:
        video="<results>/videos/{clip}/{style}.mp4",
        facts="<results>/videos/{clip}/{style}/facts.json",
    log:
        "<logs>/assemble_video/{clip}/{style}.log",
    benchmark:
        "<benchmarks>/assemble_video/{clip}/{style}.tsv"
    conda:
        "../envs/video.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="1h",
    params:
        style=ask(video_catalog.restyling, "style"),
        encoding=video_catalog.encoding(),
        segments=digest_of("stylize_segment"),
        code=digest_of("assemble_video"),
    script:
        "../scripts/assemble_video.py"


rule show_side_by_side:
    """Put the original and the restyled clip beside one another."""
    input:
        clip=ask(video_catalog.clip, "clip"),
        probed="<results>/clips/{clip}/clip.json",
        video="<results>/videos/{clip}/{style}.mp4",
    output:
        "<results>/videos/{clip}/{style}/side_by_side.mp4",
    log:
        "<logs>/show_side_by_side/{clip}/{style}.log",
    benchmark:
        "<benchmarks>/show_side_by_side/{clip}/{style}.tsv"
    conda:
        "../envs/video.yaml"
    threads: 2
    resources:
        gpu=0,
        mem_mb=growing(1500),
        runtime="2h",
    params:
        encoding=video_catalog.encoding(),
        code=digest_of("show_side_by_side"),
    script:
        "../scripts/show_side_by_side.py"


rule extract_frames:
    """Write every frame of a clip as a picture, for people who want them."""
    input:
        clip=ask(video_catalog.clip, "clip"),
        probed="<results>/clips/{clip}/clip.json",
    output:
        directory("<results>/frames/{clip}"),
    log:
        "<logs>/extract_frames/{clip}.log",
    benchmark:
        "<benchmarks>/extract_frames/{clip}.tsv"
    conda:
        "../envs/video.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="2h",
    params:
        code=digest_of("extract_frames"),
    script:
        "../scripts/extract_frames.py"


rule score_video:
    """Measure a restyled clip: flicker, style, edges, length and sound, beside the original."""
    input:
        clip=ask(video_catalog.clip, "clip"),
        probed="<results>/clips/{clip}/clip.json",
        video="<results>/videos/{clip}/{style}.mp4",
        facts="<results>/videos/{clip}/{style}/facts.json",
        pictures=ask(video_catalog.shown_pictures, "style"),
        backbone=video_catalog.style_backbone(),
    output:
        scores="<results>/videos/{clip}/{style}/scores.json",
        stills="<results>/videos/{clip}/{style}/stills.npz",
    log:
        "<logs>/score_video/{clip}/{style}.log",
    benchmark:
        "<benchmarks>/score_video/{clip}/{style}.tsv"
    conda:
        "../envs/video.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=growing(2000),
        runtime="2h",
    params:
        backbone=video_catalog.backbone(),
        weights=ask(video_catalog.shown_weights, "style"),
        seed=config["seed"],
        code=digest_of("score_video"),
    script:
        "../scripts/score_video.py"


rule evaluate_videos:
    """Summarise all restyled clips: one row each, and the numbers that claims are judged by."""
    input:
        scores=expand("<results>/videos/{clip}/{style}/scores.json", **video_catalog.videos()),
    output:
        scores="<results>/evaluation/videos/scores.csv",
        metrics="<results>/evaluation/videos/metrics.json",
    log:
        "<logs>/evaluate_videos.log",
    benchmark:
        "<benchmarks>/evaluate_videos.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        main=video_catalog.videos()["style"][0],
        twins=video_catalog.twins(),
        behind=video_catalog.rests_on(),
        features=config["style_features"],
        code=digest_of("evaluate_videos"),
    script:
        "../scripts/evaluate_videos.py"
