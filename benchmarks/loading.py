"""Photos from a folder: images per second of decoding alone, of training alone, and of both at once.

    python -m benchmarks.loading
    python -m benchmarks.loading --data photos --networks photos cifar --workers 1 2 --threads 2

The folder holds one folder a class; without one, it is cats_vs_dogs/train in the data folder (`CYCNN_HOME`), or JPEG files
that are drawn. Decoding is `utils.image_dataset_from_directory`: read, decode, resize, stack. What training waits for is the
time that it spends asking for the next batch: it should never be longer than decoding alone takes.
"""

import argparse
import contextlib
import tempfile
import time
from pathlib import Path

import numpy as np

import cycnn
from benchmarks import measure
from benchmarks.shapes import NETWORKS

PHOTOS = 512  # of a turn


class Watched:
    """A dataset, and the seconds that somebody has waited for its batches.

    Args:
        dataset: what is gone through.
    """

    def __init__(self, dataset):
        self.dataset, self.waited = dataset, 0.0

    def __iter__(self):
        batches = iter(self.dataset)
        while True:
            start = time.perf_counter()
            batch = next(batches, None)
            self.waited += time.perf_counter() - start
            if batch is None:
                return
            yield batch


def drawn(folder, photos=PHOTOS, side=224):
    """Write JPEG files of two classes: blurred noise, about as large as photos of this size."""
    from PIL import Image

    random = np.random.default_rng(0)
    for number in range(photos):
        path = Path(folder) / ("light" if number % 2 else "dark") / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        coarse = random.integers(0, 256, (side // 4, side // 4, 3), np.uint8)
        Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(path, quality=90)


def measured(folder, network, workers, threads, rounds):
    """Seconds of a pass over the photos, of each contestant: `rounds` rounds A B C."""
    cycnn.config.set_num_threads(threads)
    model = network.keras(cycnn)
    loss = "binary_crossentropy" if network.binary else "categorical_crossentropy"
    model.compile(cycnn.optimizers.Adam(network.rate), loss)

    def photos(workers):
        dataset = cycnn.utils.image_dataset_from_directory(
            folder, label_mode="binary", batch_size=network.batch, image_size=network.image[:2], seed=0, verbose=False,
            workers=workers,
        )  # fmt: skip
        if not network.binary:
            classes = network.layers[-2][1]
            dataset = dataset.map(lambda x, y: (x, np.eye(classes, dtype="float32")[y[:, 0].astype(int)]))
        return dataset.take(PHOTOS // network.batch)

    held = list(photos(max(workers)).as_numpy_iterator())
    passes = {"training alone": lambda: model.fit(iter(held), verbose=0) and 0.0}
    for count in workers:

        def decode(count=count):
            for _ in photos(count).as_numpy_iterator():
                pass
            return 0.0

        def both(count=count):
            watched = Watched(photos(count))
            model.fit(watched, verbose=0)
            return watched.waited

        passes |= {f"decoding alone, {count} workers": decode, f"both, {count} workers": both}
    images = sum(len(x) for x, _ in held)
    found = {name: {"images": images, "seconds": [], "waited": []} for name in passes}
    for run in passes.values():
        run()
    for _ in range(rounds):
        for name, run in passes.items():
            start = time.perf_counter()
            waited = run()
            found[name]["seconds"].append(time.perf_counter() - start)
            found[name]["waited"].append(waited)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of photos, one folder a class")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["photos", "cifar"])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--threads", type=int, default=min(2, measure.cpus()), help="of training")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=measure.RESULTS, help="where the raw numbers go")
    options = parser.parse_args()

    with contextlib.ExitStack() as stack:
        data = options.data or Path(cycnn.config.data_home()) / "cats_vs_dogs" / "train"
        if options.data is None and not data.is_dir():
            data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            drawn(data)
        works, lines = [], []
        for name in options.networks:
            network = NETWORKS[name]
            found = measured(data, network, options.workers, options.threads, options.rounds)
            works.append({"network": name, "batch": network.batch, "threads": options.threads, "passes": found})
            for who, runs in found.items():
                seconds = np.median(runs["seconds"])
                lines.append(
                    {
                        "photos": f"{name}, {network.image[0]}×{network.image[1]}",
                        "threads": options.threads,
                        "what": who,
                        "images/s": f"{runs['images'] / seconds:.0f}",
                        "seconds": f"{seconds:.2f}",
                        "waited": f"{np.median(runs['waited']):.2f}" if "both" in who else "",
                        "rounds": options.rounds,
                    }
                )
    print(*measure.table(lines, list(lines[0])), sep="\n")
    print(measure.write("loading", {"machine": measure.machine(), "works": works}, options.folder))


if __name__ == "__main__":
    main()
