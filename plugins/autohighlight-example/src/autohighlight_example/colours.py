"""A network of one's own as a backbone called ``colours``: the colours and edges of each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autohighlight import hookimpl

if TYPE_CHECKING:  # torch takes two seconds to import, so that is left until a network is made
    from torch import nn

    from autohighlight.config import ExtractOptions
    from autohighlight.plugins import BackboneFactory, Register


def make_network() -> nn.Module:
    """Pictures (N, 3, 64, 64) of 0 to 1 -> (N, 144): mean colour, and edges, of 4 x 4 places. Put yours here."""
    import torch
    from torch import Tensor, nn
    from torch.nn.functional import adaptive_avg_pool2d, conv2d

    class ColoursAndEdges(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            across = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 8  # Sobel
            self.kernels = nn.Buffer(torch.stack([across, across.T]).repeat(3, 1, 1)[:, None])  # (6, 1, 3, 3)

        def forward(self, x: Tensor) -> Tensor:
            edges = conv2d(x, self.kernels, padding=1, groups=3).abs()  # (N, 6, 64, 64)
            return adaptive_avg_pool2d(torch.cat([x, edges], dim=1), 4).flatten(1)  # (N, 144)

    return ColoursAndEdges().eval()


class Colours:
    """What `autohighlight.types.Backbone` asks for: a few facts, and `embed`."""

    name = "colours"
    dim = 144  # length of one feature
    window_length = 1  # frames that the network looks at together
    frame_rate: float | None = None  # at which they are sampled; None: the video's own
    resize: tuple[int, int] | int = (64, 64)  # what a frame is scaled to ...
    input_size = (64, 64)  # ... and what is then cut out of its middle
    fingerprint = "colours/1"  # change it whenever the features change: they are kept on disk by this

    def __init__(self, options: ExtractOptions) -> None:
        from autohighlight.backbones.device import resolve_device

        device = resolve_device(options.device)
        self.device = str(device)
        self._network = make_network().to(device)

    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 sRGB frames (N, 1, 64, 64, 3) -> float32 (N, 144). N may be 0."""
        import torch

        with torch.inference_mode():
            pictures = torch.from_numpy(frames[:, 0].copy()).to(self.device)  # (N, 64, 64, 3)
            features = self._network(pictures.permute(0, 3, 1, 2).float() / 255)
        return np.asarray(features.cpu().numpy(), np.float32)


@hookimpl
def autohighlight_register_backbones(register: Register[BackboneFactory]) -> None:
    """What makes the network is registered, not the network: it is made when somebody asks for it."""
    register("colours", Colours)
