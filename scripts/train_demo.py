#!/usr/bin/env python3
"""Trains the demo model: a small ViT on Fashion-MNIST, exported to ONNX.

Needs PyPI's torch, onnx, onnxruntime, numpy and pillow, and Debian's
dataset-fashion-mnist. None of them is needed to build, test or use vitc: the
model that this made is committed in test/models/demo.

  scripts/train_demo.py                  train, export, evaluate, write README.md
  scripts/train_demo.py --evaluate      only evaluate the committed model
"""
import argparse
import gzip
import pathlib
import struct
import time

import numpy as np

DEMO = pathlib.Path(__file__).resolve().parent.parent / "test/models/demo"
LABELS = ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal",
          "shirt", "sneaker", "bag", "ankle boot"]
# Of the training pictures / 255, to four digits.
MEAN, STD = 0.2860, 0.3530


def read_idx(path):
    """A gzipped IDX file of unsigned bytes as an array."""
    data = gzip.open(path, "rb").read()
    rank = data[3]
    dims = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(dims)


def load(folder, part):
    """(images u8 Nx28x28, labels u8 N) of "train" or "t10k"."""
    return (read_idx(folder / f"{part}-images-idx3-ubyte.gz"),
            read_idx(folder / f"{part}-labels-idx1-ubyte.gz"))


def make_model(args):
    """A pre-norm ViT with a class token, as timm writes it."""
    import torch
    from torch import nn

    class Attention(nn.Module):
        def __init__(self, dim, heads):
            super().__init__()
            self.heads, self.scale = heads, (dim // heads) ** -0.5
            self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

        def forward(self, x):
            b, n, d = x.shape
            qkv = self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads)
            q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
            scores = ((q * self.scale) @ k.transpose(-2, -1)).softmax(-1)
            return self.proj((scores @ v).transpose(1, 2).reshape(b, n, d))

    class Block(nn.Module):
        def __init__(self, dim, heads):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
            self.attn = Attention(dim, heads)
            self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(),
                                     nn.Linear(4 * dim, dim))

        def forward(self, x):
            x = x + self.attn(self.norm1(x))
            return x + self.mlp(self.norm2(x))

    class ViT(nn.Module):
        def __init__(self, dim, depth, heads, patch):
            super().__init__()
            tokens = (28 // patch) ** 2
            self.patch_embed = nn.Conv2d(1, dim, patch, patch)
            self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
            self.pos_embed = nn.Parameter(0.02 * torch.randn(1, 1 + tokens, dim))
            self.blocks = nn.Sequential(*(Block(dim, heads) for _ in range(depth)))
            self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, 10)

        def forward(self, image):
            x = self.patch_embed(image).flatten(2).transpose(1, 2)
            x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1)
            x = self.norm(self.blocks(x + self.pos_embed))
            return self.head(x[:, 0])

    return ViT(args.dim, args.depth, args.heads, args.patch)


def augment(images, generator):
    """Flips half of the pictures and moves each by up to one pixel."""
    import torch
    flip = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(-1), images)
    dx, dy = torch.randint(-1, 2, (2,), generator=generator).tolist()
    return images.roll((dy, dx), (2, 3))


def train(args):
    """Trains by AdamW with a one-cycle learning rate; returns the model."""
    import torch
    from torch.nn import functional
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True)
    images, labels = load(args.data, "train")
    images = torch.from_numpy((images[:, None] / 255.0 - MEAN) / STD).float()
    labels = torch.from_numpy(labels.astype(np.int64))
    model = make_model(args)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    generator = torch.Generator().manual_seed(args.seed)
    steps = args.epochs * (len(images) // args.batch)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.05,
                                  betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=args.lr, total_steps=steps, pct_start=0.15)
    for epoch in range(args.epochs):
        start, total = time.time(), 0.0
        order = torch.randperm(len(images), generator=generator)
        for at in range(0, len(images) - args.batch + 1, args.batch):
            pick = order[at:at + args.batch]
            loss = functional.cross_entropy(
                model(augment(images[pick], generator)), labels[pick],
                label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch + 1}/{args.epochs}: loss "
              f"{total / (len(images) // args.batch):.4f}, "
              f"{time.time() - start:.0f} s", flush=True)
    return model.eval()


def export(model, path):
    """Writes the model with a symbolic batch, and its constants as metadata."""
    import onnx
    import torch
    torch.onnx.export(model, (torch.zeros(1, 1, 28, 28),), str(path),
                      dynamo=False, opset_version=17, input_names=["image"],
                      output_names=["logits"],
                      dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, {"mean": str(MEAN), "std": str(STD)})
    onnx.save(proto, path)


def write_pictures(folder, data):
    """The first test picture of each class, right or wrong, and the labels."""
    from PIL import Image
    images, labels = load(data, "t10k")
    for index, label in enumerate(LABELS):
        name = label.lower().replace("/", "-").replace(" ", "-")
        first = int(np.argmax(labels == index))
        Image.fromarray(images[first]).save(folder / f"{name}.png", optimize=True)
    (folder / "labels.txt").write_text("".join(label + "\n" for label in LABELS))


def evaluate(path, data):
    """Correct answers of ONNX Runtime on the 10 000 test pictures."""
    import onnxruntime
    images, labels = load(data, "t10k")
    session = onnxruntime.InferenceSession(str(path),
                                           providers=["CPUExecutionProvider"])
    correct = 0
    for at in range(0, len(images), 500):
        batch = ((images[at:at + 500, None] / 255.0 - MEAN) / STD).astype(np.float32)
        logits = session.run(None, {"image": batch})[0]
        correct += int((logits.argmax(1) == labels[at:at + 500]).sum())
    return correct


README = """# The demo model

`vit_fashion.onnx` is a ViT with {parameters} parameters: 28x28 grey pictures, patches of {patch}x{patch},
width {dim}, {depth} blocks of {heads} heads, pre-norm, GELU, a class token. Opset 17 with a symbolic batch.
Input `image` (batch, 1, 28, 28), normalised as (pixel / 255 - {mean}) / {std}; output `logits` (batch, 10).
`labels.txt` holds the classes in order.

It gets {correct} of the 10 000 pictures of Fashion-MNIST's test set right, as ONNX Runtime counts
(`scripts/train_demo.py --evaluate`). The pictures here are the first of each class in that set.

Train it again with `scripts/train_demo.py` ({epochs} epochs, seed {seed}; needs PyTorch, and Debian's
`dataset-fashion-mnist`). Fashion-MNIST is by Zalando SE, under the MIT licence.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=pathlib.Path,
                        default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--out", type=pathlib.Path, default=DEMO)
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--patch", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    path = args.out / "vit_fashion.onnx"
    if args.evaluate:
        print(f"{evaluate(path, args.data)} of 10000 correct")
        return
    args.out.mkdir(parents=True, exist_ok=True)
    model = train(args)
    export(model, path)
    write_pictures(args.out, args.data)
    correct = evaluate(path, args.data)
    print(f"{correct} of 10000 correct, {path.stat().st_size} bytes")
    (args.out / "README.md").write_text(README.format(
        correct=correct, mean=MEAN, std=STD,
        parameters=sum(p.numel() for p in model.parameters()), **vars(args)))


if __name__ == "__main__":
    main()
