"""Networks by name, and their weights on disk."""

import pickle
import zipfile

import pytest
import torch

from convatlas.errors import ConvatlasError
from convatlas.models.registry import build_model, load_weights, save_weights

LENET = "lenet.LeNet5"


def same(one, other):
    states = one.state_dict(), other.state_dict()
    return all(torch.equal(a, b) for a, b in zip(*(s.values() for s in states), strict=True))


def test_the_seed_decides_the_weights():
    assert same(build_model(LENET, seed=3), build_model(LENET, seed=3))
    assert not same(build_model(LENET, seed=3), build_model(LENET, seed=4))


def test_the_name_decides_the_network():
    assert type(build_model("lenet.LeNet5ReLU", seed=0)).__name__ == "LeNet5ReLU"
    assert build_model(LENET, seed=0).training


def test_building_leaves_the_random_state_alone_and_does_not_depend_on_it():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    one = build_model(LENET, seed=0)
    assert torch.equal(torch.rand(3), expected)
    assert same(one, build_model(LENET, seed=0))


def test_weights_survive_a_round_trip_and_their_bytes_depend_on_them_alone(tmp_path):
    model = build_model(LENET, seed=1)
    save_weights(model, tmp_path / "a.pt", network=LENET)
    other = build_model(LENET, seed=2)
    assert load_weights(other, tmp_path / "a.pt", network=LENET) is other
    assert same(model, other)
    save_weights(other, tmp_path / "deeper" / "other name.pt", network=LENET)
    first = (tmp_path / "a.pt").read_bytes()
    assert (tmp_path / "deeper" / "other name.pt").read_bytes() == first
    save_weights(build_model(LENET, seed=2), tmp_path / "a.pt", network=LENET)
    assert (tmp_path / "a.pt").read_bytes() != first


def test_weights_of_another_network_are_named(tmp_path):
    path = tmp_path / "w.pt"
    save_weights(build_model("lenet.LeNet5ReLU", seed=0), path, network="lenet.LeNet5ReLU")
    model, before = build_model(LENET, seed=0), build_model(LENET, seed=0)
    with pytest.raises(ConvatlasError, match=r"'lenet.LeNet5ReLU', but 'lenet.LeNet5' is wanted"):
        load_weights(model, path, network=LENET)
    assert same(model, before)


@pytest.mark.parametrize("weights", [{"conv9.weight": torch.zeros(1)}, {}, 3])
def test_weights_of_another_version_are_refused(tmp_path, weights):
    torch.save({"network": LENET, "weights": weights}, tmp_path / "w.pt")
    with pytest.raises(ConvatlasError, match=r"(?s)another version.*train it anew"):
        load_weights(build_model(LENET, seed=0), tmp_path / "w.pt", network=LENET)


def test_a_file_that_is_not_there_is_said_to_be_absent(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_weights(build_model(LENET, seed=0), tmp_path / "w.pt", network=LENET)


def cut(whole):
    return whole[: len(whole) // 2]


@pytest.mark.parametrize("spoil", [cut, lambda _: b"", lambda _: b"no weights at all" * 50])
def test_garbage_is_no_weights_file(tmp_path, spoil):
    path = tmp_path / "w.pt"
    save_weights(build_model(LENET, seed=0), path, network=LENET)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ConvatlasError, match=r"w.pt: not a weights file"):
        load_weights(build_model(LENET, seed=0), path, network=LENET)


@pytest.mark.parametrize("content", [{"weights": {}}, [1, 2], "text"])
def test_a_torch_file_of_something_else_is_no_weights_file(tmp_path, content):
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(ConvatlasError, match="not a weights file"):
        load_weights(build_model(LENET, seed=0), tmp_path / "w.pt", network=LENET)


class Malice:
    """Unpickled, it writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (eval, (f"open({str(self.path)!r}, 'w').close()",))


@pytest.mark.parametrize("form", ["pickle", "zip"])
def test_code_in_a_weights_file_is_not_executed(tmp_path, form):
    path, trace = tmp_path / "w.pt", tmp_path / "ran"
    content = pickle.dumps({"network": LENET, "weights": {"a": Malice(trace)}}, protocol=2)
    if form == "pickle":
        path.write_bytes(content)
    else:
        save_weights(build_model(LENET, seed=0), path, network=LENET)
        with zipfile.ZipFile(path) as whole:
            members = {name: whole.read(name) for name in whole.namelist()}
        with zipfile.ZipFile(path, "w") as bad:
            for name, body in members.items():
                bad.writestr(name, content if name.endswith("data.pkl") else body)
    with pytest.raises(ConvatlasError, match="not a weights file"):
        load_weights(build_model(LENET, seed=0), path, network=LENET)
    assert not trace.exists()
    pickle.loads(content)
    assert trace.exists()  # it would have
