"""history.csv, metrics.json, predictions.csv, digits.npz -> <results>/studies/{study}/.

Figures figNN_*, tables tableNN_*.csv and claims.csv. What each study holds is data:
config/studies/{study}.yaml lists every item with the rule that makes it.
"""


rule studies:
    """Make every figure, table and claim of the selected studies."""
    input:
        study_artefacts(),


rule judge_claims:
    """Set what the document states beside what was measured."""
    input:
        metrics=over("<results>/evaluation/{model}/metrics.json", catalog.judged_by, "study"),
    output:
        report(
            "<results>/studies/{study}/claims.csv",
            caption="report/judge_claims.rst",
            category="{study}",
            subcategory="claims",
            labels={"artefact": "claims.csv", "title": "Claims and verdicts"},
        ),
    log:
        "<logs>/judge_claims/{study}.log",
    benchmark:
        "<benchmarks>/judge_claims/{study}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        gpu=0,
        mem_mb=growing(1000),
        runtime="10m",
    params:
        claims=lookup(within=config["documents"], dpath="{study}/claims"),
        stand_ins={
            **catalog.stand_ins(),
            **video_catalog.stand_ins(),
            **denoising_catalog.stand_ins(),
            **painter_catalog.stand_ins(),
        },
        code=digest_of("judge_claims"),
    script:
        "../scripts/judge_claims.py"
