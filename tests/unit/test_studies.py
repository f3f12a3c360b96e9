"""The documents' items and claims are all there: the lists are fixed here, a lost one fails."""

from pathlib import Path

import pytest
import yaml

HOME = Path(__file__).parents[2] / "config" / "studies"
WIDTHS = (1, 2, 4, 5)
CLAIMS = {
    "alvarez": {"alvarez_own_accuracy"},
    "sepulveda": {
        "sepulveda_test_accuracy",
        "sepulveda_test_precision",
        "sepulveda_own_accuracy",
        "sepulveda_observations",
        *(f"sepulveda_parameters_{width}" for width in WIDTHS),
        *(
            f"sepulveda_{whose}_{width}_{part}"
            for whose in ("own", "library")
            for width in WIDTHS
            for part in ("training", "testing", "validation")
        ),
    },
    "banoy": {
        *(f"banoy_{part}_{epochs}" for part in ("train", "held_out") for epochs in (10, 50)),
        *(f"banoy_{what}" for what in ("layers", "neurons", "rate", "networks")),
        *(f"banoy_{what}" for what in ("unsatisfactory_rates", "code_losses")),
        *(f"banoy_{what}" for what in ("own_learnt", "can_be_learnt")),
        *(f"banoy_{which}_neurons" for which in ("low", "high")),
        *(f"banoy_{what}" for what in ("tracks", "places", "features")),
    },
}
NUMBERS = {
    "alvarez": {*(f"Fig. {n}" for n in range(1, 10)), "Table I", "Table II"},
    "sepulveda": {
        *(f"Fig. {n}" for n in (*range(1, 17), 23, 24)),
        "Figs. 17 to 22",
        "Table I",
        "Table II",
        "Table III",
    },
    "banoy": {
        *(f"Fig. {n}" for n in (*range(1, 15), 17, 18, 19)),
        "Figs. 15 and 16",
        "Tables 1 and 2",
    },
}


def read(study):
    return yaml.safe_load((HOME / f"{study}.yaml").read_text(encoding="utf-8"))["documents"][study]


@pytest.mark.parametrize("study", CLAIMS)
def test_every_claim_of_a_document_has_its_row(study):
    assert {claim["id"] for claim in read(study)["claims"]} == CLAIMS[study]


@pytest.mark.parametrize("study", NUMBERS)
def test_every_figure_and_table_of_a_document_has_its_place(study):
    items = [item for section in read(study)["sections"] for item in section["items"]]
    numbers = {item["number"] for item in items}
    assert numbers >= NUMBERS[study]


@pytest.mark.parametrize("study", NUMBERS)
def test_no_artefact_is_made_twice(study):
    items = [item for section in read(study)["sections"] for item in section["items"]]
    artefacts = [item["artefact"] for item in items if "artefact" in item]
    assert len(artefacts) == len(set(artefacts))
