"""LeNet-5 and the variant with rectified units.

LeCun, Bottou, Bengio and Haffner, *Gradient-based learning applied to document recognition*,
Proceedings of the IEEE 86(11), 1998, section II.B and figure 2.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

MNIST_MEAN, MNIST_DEVIATION = 0.1307, 0.3081
"""Of the grey levels of MNIST's 60,000 training pictures in [0, 1]; tested against the data."""


def _enlarge(images: Tensor) -> Tensor:
    """Put a 28x28 digit into the paper's 32x32, black around, and standardise the grey levels.

    LeCun et al. scale black to -0.1 and white to 1.175, "which makes the mean input roughly 0 and
    the variance roughly 1"; here mean and variance of MNIST do that.
    """
    return (functional.pad(images, (2, 2, 2, 2)) - MNIST_MEAN) / MNIST_DEVIATION


def _average_pool(images: Tensor) -> Tensor:
    """Average squares of 2x2 pixels: functional.avg_pool2d(images, 2) as one product of matrices.

    Two rows of a picture, which lie behind each other in memory, times a matrix of quarters. On a
    CPU avg_pool2d does not vectorise; what the product gains is measured by
    tests/benchmarks/throughput.py.
    """
    n, channels, height, width = images.shape
    quarters = torch.eye(width // 2, dtype=images.dtype, device=images.device) / 4
    quarters = quarters.repeat_interleave(2, dim=0).repeat(2, 1)  # (2 width, width / 2)
    return images.reshape(n, channels, height // 2, 2 * width) @ quarters


def _draw_weights(network: nn.Module) -> None:
    """Draw weights after Glorot and Bengio (2010, equation 16), biases 0: Keras's default.

    Keras draws so by itself; `sepulveda`'s code and `banoy`'s use it. LeCun et al. draw from a
    uniform of half-width 2.4 / fan-in.
    """
    for parameter in network.parameters():
        if parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.zeros_(parameter)


class LeNet5(nn.Module):
    """LeNet-5 as `alvarez` (figure 1) and `banoy` (figure 2) describe it.

    Differs from LeCun et al. (1998) where the documents do: plain average subsampling without
    trained gain and bias, full instead of partial connection from S2 to C3, a linear softmax
    output instead of radial basis units, tanh without the 1.7159 scaling. `banoy`'s code pads the
    first convolution once more, which its document does not say and this network does not do.
    61,706 parameters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=5)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)
        _draw_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        """Map pictures (n, 1, 28, 28) in [0, 1] to class scores (n, 10)."""
        return self.fc3(self.features(images))

    def features(self, images: Tensor) -> Tensor:
        """Map pictures (n, 1, 28, 28) in [0, 1] to the last hidden layer (n, 84)."""
        x = torch.tanh(self.conv1(_enlarge(images)))  # (n, 6, 28, 28)   C1
        x = torch.tanh(_average_pool(x))  # (n, 6, 14, 14)   S2
        x = torch.tanh(self.conv2(x))  # (n, 16, 10, 10)  C3
        x = torch.tanh(_average_pool(x))  # (n, 16, 5, 5)    S4
        x = torch.tanh(self.fc1(x.flatten(1)))  # (n, 120)         C5
        return torch.tanh(self.fc2(x))  # (n, 84)          F6


class LeNet5ReLU(nn.Module):
    """LeNet-5 with rectified units and maximum pooling, after `sepulveda`'s published code.

    Differs from :class:`LeNet5` in three things: ReLU instead of tanh, maximum instead of average
    pooling, one hidden dense layer of 128 instead of 120 and 84. 55,190 parameters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=5)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.fc1 = nn.Linear(16 * 5 * 5, 128)
        self.fc2 = nn.Linear(128, 10)
        _draw_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        """Map pictures (n, 1, 28, 28) in [0, 1] to class scores (n, 10)."""
        return self.fc2(self.features(images))

    def features(self, images: Tensor) -> Tensor:
        """Map pictures (n, 1, 28, 28) in [0, 1] to the last hidden layer (n, 128)."""
        # max and ReLU commute: pooling first gives the same values with a quarter of the work
        x = functional.relu(
            functional.max_pool2d(self.conv1(_enlarge(images)), 2)
        )  # (n, 6, 14, 14)
        x = functional.relu(functional.max_pool2d(self.conv2(x), 2))  # (n, 16, 5, 5)
        return functional.relu(self.fc1(x.flatten(1)))  # (n, 128)
