"""Epochs of the network that tells cats from dogs, beside the same one in PyTorch.

    python -m benchmarks.photos
    python -m benchmarks.photos --data FOLDER --threads 2 --rounds 3

An epoch is what the example does: photos that were decoded once, as bytes in memory, shuffled and batched anew, changed
at random, and learned from. In PyTorch, which eagerly runs in channels last, the changes are one `affine_grid` and
`grid_sample` a batch, the contrast and the brightness. Without a folder the photos are noise: they take as long.
"""

import argparse
import itertools
import time
from pathlib import Path

import numpy as np

from benchmarks import measure
from benchmarks.peers import has

SIZE, BATCH = 160, 32


def photos_of(folder, count):
    """(photos (n, SIZE, SIZE, 3) of bytes, labels (n,)): the training photos of a folder, or noise."""
    if folder is None:
        rng = np.random.default_rng(0)
        return rng.integers(0, 256, (count, SIZE, SIZE, 3), np.uint8), rng.integers(0, 2, count).astype(np.uint8)
    from cycnn.examples import cats_vs_dogs

    _, training, _, _ = cats_vs_dogs.load(Path(folder), SIZE, seed=0)
    photos, labels = zip(*cats_vs_dogs.in_memory(training).take(count))
    return np.stack(photos), np.ravel(labels).astype(np.uint8)


def ours(photos, labels, threads):
    """A contestant: seconds of epochs of the example's network."""
    from cycnn import config, utils
    from cycnn.examples import cats_vs_dogs

    config.set_num_threads(threads)
    utils.set_random_seed(0)
    model = cats_vs_dogs.build_modern(SIZE)
    cats_vs_dogs.compile_modern(model, 100 * len(photos) // BATCH)
    data = utils.Dataset.from_tensor_slices((photos, labels[:, np.newaxis])).shuffle(len(photos), 0)
    data = data.batch(BATCH).prefetch()

    def epoch():
        config.set_num_threads(threads)
        model.fit(data, verbose=0)

    return epoch, model.count_params()


def torch_network():
    """The example's network, layer by layer."""
    import torch
    from torch import nn

    def separable(inputs, outputs):
        return nn.Sequential(
            nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
        )

    class Block(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride=2, bias=False)
            self.body = nn.Sequential(
                nn.BatchNorm2d(inputs), nn.ReLU(), separable(inputs, outputs),
                nn.BatchNorm2d(outputs), nn.ReLU(), separable(outputs, outputs), nn.MaxPool2d(3, 2, padding=1),
            )  # fmt: skip

        def forward(self, x):
            return self.body(x) + self.shortcut(x)

    widths = [32, 32, 64, 128, 256, 512]
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, stride=2, padding=2, bias=False),
        *(Block(inputs, outputs) for inputs, outputs in itertools.pairwise(widths)),
        nn.BatchNorm2d(512), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.4), nn.Linear(512, 1),
    ).to(memory_format=torch.channels_last)  # fmt: skip


def theirs(photos, labels, threads):
    """A contestant: seconds of epochs of the same in PyTorch."""
    import torch
    from torch.nn import functional

    torch.manual_seed(0)
    model = torch_network()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.05)

    def change(x):
        """Turned over, tilted, enlarged, shifted, in another light: by a random amount for each photo."""
        n = len(x)
        angle, zoom = (torch.rand(n) - 0.5) * 0.2 * np.pi, 1 + torch.rand(n) * 0.4 - 0.3
        flip, shift = torch.randint(0, 2, (n,)) * 2 - 1, (torch.rand(n, 2) - 0.5) * 0.4
        turn = torch.empty(n, 2, 3)
        turn[:, 0, 0], turn[:, 0, 1] = flip * zoom * angle.cos(), -zoom * angle.sin()
        turn[:, 1, 0], turn[:, 1, 1] = flip * zoom * angle.sin(), zoom * angle.cos()
        turn[:, :, 2] = shift
        grid = functional.affine_grid(turn, list(x.shape), align_corners=False)
        x = functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
        mean = x.mean((1, 2, 3), keepdim=True)
        x = (x - mean) * (1 + (torch.rand(n, 1, 1, 1) - 0.5) * 0.5) + mean
        return (x + (torch.rand(n, 1, 1, 1) - 0.5) * 0.2 * 255).clamp(0, 255) / 127.5 - 1

    def epoch():
        torch.set_num_threads(threads)
        model.train()
        order = np.random.default_rng(0).permutation(len(photos))
        for low in range(0, len(order), BATCH):
            chosen = order[low : low + BATCH]
            x = torch.from_numpy(photos[chosen].astype(np.float32)).permute(0, 3, 1, 2)
            y = torch.from_numpy(labels[chosen].astype(np.float32))[:, None] * 0.9 + 0.05
            loss = functional.binary_cross_entropy_with_logits(model(change(x)), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()

    return epoch, sum(p.numel() for p in model.parameters()) + sum(b.numel() for b in model.buffers() if b.ndim)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="a folder of photos, as the example takes it")
    parser.add_argument("--photos", type=int, default=2700, help="of an epoch")
    parser.add_argument("--threads", type=int, nargs="+", default=[measure.cpus()])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=measure.RESULTS, help="where the raw numbers go")
    options = parser.parse_args()

    photos, labels = photos_of(options.data, options.photos)
    works, lines = [], []
    for threads in options.threads:
        contestants = {"cycnn": ours(photos, labels, threads)}
        if has("torch"):
            contestants["torch"] = theirs(photos, labels, threads)
        if len({parameters for _, parameters in contestants.values()}) > 1:
            raise SystemExit(f"Different networks: {contestants}.")
        seconds = {name: [] for name in contestants}
        for epoch, _ in contestants.values():
            epoch()  # that does not count
        for _ in range(options.rounds):
            for name, (epoch, _) in contestants.items():
                start = time.perf_counter()
                epoch()
                seconds[name].append([time.perf_counter() - start])
        found = {name: measure.summary(turns) for name, turns in seconds.items()}
        works.append({"photos": len(photos), "threads": threads, "contestants": found})
        for name, each in found.items():
            times = each["median"] / found["cycnn"]["median"]
            lines.append({"": name, "threads": threads, "s an epoch": f"{each['median']:.1f}", "times": f"{times:.2f}"})
    print(*measure.table(lines, list(lines[0])), sep="\n")
    print(measure.write("photos", {"machine": measure.machine(), "works": works}, options.folder))


if __name__ == "__main__":
    main()
