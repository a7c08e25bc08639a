"""Reading lines of text: a network of convolutions, and CTC, which needs to know what a line says but not where.

    python -m cycnn.examples.text_lines
    python -m cycnn.examples.text_lines --epochs 30 --samples 5000 --output results

The lines are generated: four to eight hexadecimal digits, each drawn by Pillow in its own place and size, on noise. The
convolutions make of a line a row of steps, and say for each step which character is there, or none. Connectionist temporal
classification (Graves et al., 2006) sums over all ways to spread the text over the steps.

Bar: at least 0.97 of the characters, by edit distance, in new lines.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, losses, models, ops, optimizers, visualization
from cycnn.examples.common import start

try:
    from PIL import Image, ImageDraw, ImageFont
except ImportError as error:
    raise ImportError('This example draws letters with Pillow: pip install "cycnn[examples]"') from error

LETTERS = "0123456789ABCDEF"  # class 0 is none, 1 the first of them
HEIGHT, WIDTH = 20, 128
MOST = 8  # characters of a line


def generate(number: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Lines (n, h, w, 1) from 0 to 1, and their characters (n, most), 0 behind the last."""
    glyphs = [draw(letter) for letter in LETTERS]
    lines, texts = np.zeros((number, HEIGHT, WIDTH, 1)), np.zeros((number, MOST), np.int32)
    for line, text in zip(lines, texts, strict=True):
        x = random.integers(1, 8)
        for k in range(random.integers(4, MOST + 1)):
            text[k] = random.integers(1, len(LETTERS) + 1)
            scale = random.uniform(0.9, 1.3)
            glyph = glyphs[text[k] - 1]
            glyph = glyph.resize((round(glyph.width * scale), round(glyph.height * scale)), Image.Resampling.BILINEAR)
            y = random.integers(0, HEIGHT - glyph.height + 1)
            line[y : y + glyph.height, x : x + glyph.width, 0] += np.asarray(glyph) / 255
            x += glyph.width + random.integers(1, 5)
    return (lines * 0.8 + random.normal(0.1, 0.08, lines.shape)).clip(0, 1).astype("float32"), texts


def draw(letter: str) -> Image.Image:
    """White on black, cut to its size."""
    picture = Image.new("L", (24, 24))
    ImageDraw.Draw(picture).text((6, 4), letter, fill=255, font=ImageFont.load_default())
    return picture.crop(picture.getbbox())


def build() -> models.Sequential:
    """The height shrinks to nothing, the width to a quarter: 32 steps of 4 pixels."""
    network = models.Sequential([layers.Input((HEIGHT, WIDTH, 1))])
    for filters, pool in ((16, 2), (32, 2), (48, (5, 1))):
        network.add(layers.Conv2D(filters, 3, padding="same", use_bias=False))
        network.add(layers.BatchNormalization(momentum=0.9))
        network.add(layers.ReLU())
        network.add(layers.MaxPooling2D(pool))
    network.add(layers.Reshape((WIDTH // 4, 48)))
    network.add(layers.Conv1D(64, 3, padding="same", activation="relu"))
    network.add(layers.Conv1D(1 + len(LETTERS), 1))
    return network


def read(model: models.Model, lines: np.ndarray) -> list[str]:
    """What the network reads."""
    steps = model.predict(lines, verbose=0)
    (codes,), _ = ops.ctc_decode(steps, np.full(len(steps), steps.shape[1]))
    return ["".join(LETTERS[code - 1] for code in line if code > 0) for line in np.asarray(codes)]


def edit_distance(a: str, b: str) -> int:
    """How many characters must be put in, left out or changed to make `b` of `a` (Levenshtein, 1966)."""
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1]


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the share of characters that were read."""
    options = start("text_lines", arguments, "Read lines of text.", epochs=15, samples=2000)
    (x, y), (x_test, y_test) = generate(options.samples, options.random), generate(200, options.random)

    model = build()
    model.summary()
    steps = options.epochs * -(-len(x) // 8)
    model.compile(optimizers.Adam(optimizers.schedules.CosineDecay(4e-3, steps)), losses.CTC())
    model.fit(x, y, batch_size=8, epochs=options.epochs)

    truth = ["".join(LETTERS[code - 1] for code in line if code > 0) for line in y_test]
    found = read(model, x_test)
    wrong = sum(map(edit_distance, truth, found))
    share = 1 - wrong / sum(map(len, truth))
    print(f"Of {sum(map(len, truth))} characters, {share:.4f} were read.")

    path = options.output / "text-lines.png"
    titles = [f"{a} read as {b}" if a != b else a for a, b in zip(truth, found, strict=True)]
    visualization.plot_images(x_test[:12], titles[:12], columns=2, scale=3, path=path)
    print(f"Written: {path}")
    return share


if __name__ == "__main__":
    main()
