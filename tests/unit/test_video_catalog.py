"""What a config asks for in the way of clips, pictures and styles, and faults in it."""

import copy

import pytest
from test_settings import HOME, REAL, check, faults_of, merge

from convatlas.catalog import Catalog
from convatlas.video_catalog import VideoCatalog, files_of


@pytest.fixture
def config():
    return copy.deepcopy(REAL)


def test_every_clip_comes_in_every_style(config):
    config["videos"] |= {"clips": ["bunny", "fire"], "styles": ["the_scream", "mixed"]}
    catalog = VideoCatalog(config)
    assert catalog.videos() == {"clip": ["bunny", "fire"], "style": ["the_scream", "mixed"]}
    assert len(catalog.side_by_side()) == 4
    config["videos"]["side_by_side"] = False
    assert catalog.side_by_side() == []


def test_files_lie_where_they_come_from(config):
    config["clips"]["my_clip"]["path"] = "holiday 1.mov"
    catalog = VideoCatalog(config)
    assert catalog.clip("bunny") == "<results>/downloads/videos/adain_cutBunny.mp4"
    assert catalog.clip("pan") == "<results>/clips/pan.mp4"
    assert catalog.clip("my_clip") == "holiday 1.mov"
    assert catalog.place("pictures", "drawn_pattern") == "<results>/pictures/drawn_pattern.png"
    assert len(catalog.pictures_of("mixed")) == 2
    assert catalog.pictures_of("trained") == []
    assert catalog.shown_pictures("trained") == catalog.pictures_of("starry_night")
    assert catalog.shown_pictures("great_wave") == [catalog.place("pictures", "great_wave")]
    assert catalog.shown_pictures("la_muse") == catalog.shown_weights("la_muse") == []
    assert catalog.shown_pictures("mixed") == catalog.pictures_of("mixed")
    assert catalog.shown_weights("mixed") == [0.5, 0.5]


def test_a_folder_from_outside_is_its_members(config):
    folder = config["stylizers"]["published_wave"]["folder"]
    files = files_of(config["stylizers"]["published_wave"])
    assert len(files) == len(files_of(config["stylizers"]["published_la_muse"])) == 49
    assert files["manifest.json"]["urls"] == [f"{folder['urls'][0]}/manifest.json"]
    assert files["manifest.json"]["name"] in Catalog(config).contents()


def test_what_was_made_here_is_told_as_such(config):
    assert VideoCatalog(config).stand_ins() == {}
    config["videos"] |= {"clips": ["pan"], "styles": ["trained"]}
    config["stylizers"]["trained"]["training"]["picture"] = "drawn_pattern"
    config["style_features"] = "untrained_vgg19"
    assert set(VideoCatalog(config).stand_ins()) == {"pan", "drawn_pattern", "untrained_vgg19"}
    rests = VideoCatalog(config).rests_on()
    assert rests == {"trained": ["drawn_pattern", "small_vgg19"]}


def test_a_network_that_learnt_by_untrained_features_is_told_as_such(config):
    config["videos"]["styles"] = ["trained"]
    config["stylizers"]["trained"]["training"]["features"] = "untrained_vgg19"
    assert set(VideoCatalog(config).stand_ins()) == {"untrained_vgg19"}


def test_the_same_style_with_and_without_stabilising_is_a_pair(config):
    asked = config["videos"]
    asked["styles"] = ["starry_night", "the_scream", "starry_night_per_frame", "trained"]
    assert VideoCatalog(config).twins() == {"starry_night": "starry_night_per_frame"}
    config["styles"]["starry_night_per_frame"]["strength"] = 0.5
    assert VideoCatalog(config).twins() == {}


def test_a_network_is_not_measured_on_what_it_learnt_on_unless_that_is_said(config):
    config["videos"] |= {"styles": ["trained"], "clips": ["bunny", "fire"]}
    (fault,) = faults_of(config)
    assert "stylizer 'trained' learns on fire" in fault
    assert "also_restyled: true" in fault
    config["stylizers"]["trained"]["training"]["also_restyled"] = True
    check(config)
    assert VideoCatalog(config).learnt_on() == {"trained": ["coast", "fire", "chaplin"]}
    assert "also_restyled" not in VideoCatalog(config).training("trained")["settings"]
    config["stylizers"]["trained"]["training"].pop("also_restyled")
    config["videos"]["clips"] = ["bunny"]
    check(config)


def test_a_title_restyles_nothing_anew_and_a_strength_does(config):
    catalog = VideoCatalog(config)
    before = copy.deepcopy(catalog.restyling("starry_night"))
    config["styles"]["starry_night"]["title"] = "another"
    assert catalog.restyling("starry_night") == before
    config["styles"]["starry_night"]["strength"] = 0.5
    assert catalog.restyling("starry_night") != before


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"videos": {"clips": ["bunnny"]}}, ["videos.clips[0]", "bunnny", "bunny"]),
        ({"videos": {"clips": []}}, ["videos.clips", "at least 1"]),
        ({"videos": {"styles": ["starry"]}}, ["videos.styles[0]", "starry_night"]),
        ({"videos": {"clips": ["my_clip"]}}, ["clips.my_clip.path", "my_clip.mp4", "no such file"]),
        ({"videos": {"crf": 60}}, ["videos.crf", "60", "at most 51"]),
        ({"videos": {"crf": 0}}, ["videos.crf", "0", "at least 1"]),
        ({"styles": {"mixed": {"pictures": {"the_screem": 1}}}}, ["styles.mixed", "the_scream"]),
        ({"styles": {"mixed": {"strength": 1.5}}}, ["styles.mixed.strength", "at most 1"]),
        ({"styles": {"mixed": {"colours": "style"}}}, ["styles.mixed.colours", "color"]),
        ({"styles": {"great_wave": {"pictures": {"great_wave": 1}}}}, ["great_wave", "one style"]),
        ({"styles": {"starry_night": {"mask": "gone.png"}}}, ["starry_night.mask", "gone.png"]),
        ({"style_features": "small_vgg"}, ["style_features", "small_vgg19"]),
        (
            {"stylizers": {"published_wave": {"picture": "great_waves"}}},
            ["stylizers.published_wave.picture", "great_wave"],
        ),
        (
            {"stylizers": {"trained": {"training": {"style_layers": ["relu9_1"]}}}},
            ["stylizers.trained.training.style_layers", "relu9_1"],
        ),
        (
            {"stylizers": {"trained": {"training": {"clips": ["bunnny"]}}}},
            ["stylizers.trained.training.clips", "bunny"],
        ),
    ],
)
def test_a_fault_in_videos_names_file_key_and_remedy(config, changed, words):
    merge(config, changed)
    (fault, *_) = faults_of(config)
    assert fault.startswith(str(HOME / "videos.yaml"))
    for word in words:
        assert word in fault


@pytest.mark.parametrize("style", ["mixed", "monet_optimised"])
def test_a_style_of_pictures_needs_one(config, style):
    del config["styles"][style]["pictures"]
    (fault,) = faults_of(config)
    assert f"'styles.{style}.pictures' is missing" in fault


def test_what_looks_for_each_frame_has_features_and_no_weights_of_its_own(config):
    catalog = VideoCatalog(config)
    assert catalog.weights_of("monet_optimised") == []
    assert catalog.weights_of("monet_inverted") == [
        "<results>/stylizers/stylegan_inversion/weights.pt"
    ]
    assert "optimisation" not in catalog.published()
    found = catalog.searching_backbone("monet_optimised")
    assert found == catalog.searching_backbone("monet_inverted") != []
    assert catalog.searching_backbone("starry_night") == []
    made = catalog.restyling("monet_optimised")
    assert made["backbone"] == "small_vgg19"
    assert made["optimisation"]["steps"] == 150
    assert catalog.encoder_of("monet_inverted") == []
    assert catalog.encoder_of("monet_encoded") == ["<results>/painters/stylegan2/encoder.pt"]


def test_hours_are_those_of_every_network_of_a_style(config):
    config["videos"]["styles"] = ["starry_night", "trained", "monet_inverted", "monet_encoded"]
    assert VideoCatalog(config).trainings() == [
        ("trained", "<results>/stylizers/trained/history.csv"),
        ("monet_inverted", "<results>/painters/stylegan2/history.csv"),
        ("monet_encoded", "<results>/painters/stylegan2/history.csv"),
        ("monet_encoded", "<results>/painters/stylegan2/encoder.csv"),
    ]


def test_a_painting_of_a_gallery_can_be_the_picture_of_a_style(config):
    catalog = VideoCatalog(config)
    assert catalog.paintings() == ["a_painting"]
    assert catalog.pictures_of("monet_arbitrary") == ["<results>/pictures/a_painting.png"]
    config["videos"]["styles"] = ["monet_optimised"]
    assert VideoCatalog(config).stand_ins() == {}
    config["pictures"]["a_painting"] |= {"nature": "simulated", "title": "a stand-in"}
    assert VideoCatalog(config).stand_ins() == {"a_painting": "a stand-in"}


def test_a_generator_of_ones_own_is_taken_as_it_is(config, tmp_path):
    config["videos"]["styles"] = ["monet_translated"]
    config["stylizers"]["cyclegan"]["weights"] = str(tmp_path / "generator.pt")
    (fault,) = faults_of(config)
    assert "'stylizers.cyclegan.weights'" in fault
    assert "no such file" in fault
    (tmp_path / "generator.pt").write_bytes(b"")
    check(config)
    catalog = VideoCatalog(config)
    assert catalog.weights_of("monet_translated") == [str(tmp_path / "generator.pt")]
    assert catalog.exported() == ["stylegan_inversion", "stylegan_encoder"]
    assert catalog.trainings() == []
    del config["stylizers"]["stylegan_encoder"]
    del config["styles"]["monet_encoded"]
    config["stylizers"]["arbitrary"]["weights"] = "generator.pt"
    assert any("name the 'painter'" in fault for fault in faults_of(config))


def test_a_search_that_steadies_itself_is_not_stabilised(config):
    config["styles"]["monet_optimised"]["stabilise"] = True
    (fault,) = faults_of(config)
    assert "'styles.monet_optimised.stabilise' is given" in fault


def test_a_clip_comes_from_one_place(config):
    config["clips"]["bunny"]["path"] = "bunny.mp4"
    (fault, *_) = faults_of(config)
    assert "clips.bunny" in fault


def test_a_name_with_braces_is_refused_since_they_would_be_wildcards(config, tmp_path):
    (tmp_path / "{my} clip.mp4").write_bytes(b"")
    config["clips"]["my_clip"]["path"] = str(tmp_path / "{my} clip.mp4")
    config["videos"]["clips"] = ["my_clip"]
    (fault,) = faults_of(config)
    assert "clips.my_clip.path" in fault
    assert "rename" in fault


def test_pictures_and_masks_are_looked_at_before_anything_runs(config, tmp_path):
    text = tmp_path / "notes.jpg"
    text.write_text("no picture")
    config["pictures"]["my_picture"]["path"] = str(text)
    config["styles"]["starry_night"]["mask"] = str(tmp_path / "{a} mask.png")
    config["styles"]["mixed"]["mask"] = str(text)
    config["videos"] |= {"clips": ["bunny"], "styles": ["my_style", "starry_night", "mixed"]}
    picture, braces, mask = faults_of(config)
    assert "pictures.my_picture.path" in picture
    assert "no picture that can be read" in picture
    assert "styles.starry_night.mask" in braces
    assert "rename" in braces
    assert "styles.mixed.mask" in mask
    assert "no picture that can be read" in mask


def test_what_a_stylizer_learns_from_has_to_be_there(config):
    training = {"picture": "my_picture", "clips": ["my_clip"]}
    config["stylizers"]["trained"]["training"] |= training
    config["videos"] |= {"clips": ["bunny"], "styles": ["trained"]}
    faults = faults_of(config)
    assert ["clips.my_clip.path" in fault for fault in faults] == [True, False]
    assert ["pictures.my_picture.path" in fault for fault in faults] == [False, True]


@pytest.mark.parametrize(("section", "name"), [("transfers", "mixed"), ("dreams", "fractal")])
def test_an_untrained_network_of_one_picture_alone_is_a_stand_in(config, section, name):
    assert "untrained_vgg19" not in VideoCatalog(config).stand_ins()
    config[section][name]["features"] = "untrained_vgg19"
    assert "untrained_vgg19" in VideoCatalog(config).stand_ins()
