"""The models of zoo_test.py: our own, and those of the shared folder.

A model is a path, an input (recorded in a .npz, or made from test pictures)
and, where it was trained, labelled pictures.
"""
import dataclasses
import gzip
import struct
from typing import Callable, Optional

import numpy as np

from harness import FASHION, MODELS, SHARED, Skip

CIFAR_VNN = ((.4914, .4822, .4465), (.2023, .1994, .2010))
IMAGENET = ((.485, .456, .406), (.229, .224, .225))
PLAIN = ((0, 0, 0), (1, 1, 1))


@dataclasses.dataclass
class Model:
    name: str
    path: object
    # pictures(count) -> normalised NCHW f32, for trained classifiers.
    pictures: Optional[Callable] = None
    # The worst error that may be, as a part of the output's largest magnitude.
    fp32: float = 1e-4
    fp16: float = 1e-2
    quick: bool = False

    @property
    def record(self):
        return self.path.with_suffix(".npz")


def read_idx(path):
    data = gzip.open(path, "rb").read()
    rank = data[3]
    dims = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(dims)


def idx_pictures(path, mean, std):
    def pictures(count):
        if not path.exists():
            raise Skip(f"no {path.name}: install dataset-fashion-mnist")
        images = read_idx(path)[:count, None]
        return ((images / 255.0 - mean) / std).astype(np.float32)
    return pictures


def cifar_pictures(normalise):
    def pictures(count):
        images = np.load(SHARED / "cifar10/test_5000.npz")
        images = images[[k for k in images.files if images[k].ndim == 4][0]][:count]
        mean, std = (np.array(v, np.float32) for v in normalise)
        images = (images.astype(np.float32) / 255 - mean) / std
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    return pictures


def own():
    """The models of this repository."""
    yield Model("demo", MODELS / "demo/vit_fashion.onnx", quick=True,
                pictures=idx_pictures(FASHION / "t10k-images-idx3-ubyte.gz", .2860, .3530))
    for name in ("vit_op17_dyn", "vit_op11", "vit_op23"):
        yield Model(name, MODELS / f"{name}.onnx", quick=True)


def trained():
    cifar, mnist = SHARED / "cifar10", SHARED / "mnist"
    for name, normalise in (("vit_pgd_2_3_16", CIFAR_VNN), ("vit_ibp_3_3_8", CIFAR_VNN),
                            ("smmk47_vit_cifar10_op13", IMAGENET),
                            ("smmk47_vit_cifar10_op17_dyn", IMAGENET),
                            ("ashu_vit_cifar10_op13", PLAIN),
                            ("ashu_vit_cifar10_op17", PLAIN)):
        yield Model(name, cifar / f"{name}.onnx", cifar_pictures(normalise),
                    quick=name == "vit_pgd_2_3_16")
    for name in ("deept_vit_mnist_op13", "deept_vit_mnist_op17_dyn"):
        yield Model(name, mnist / f"{name}.onnx",
                    idx_pictures(mnist / "t10k-images-idx3-ubyte.gz", .1307, .3081))


QUICK_ZOO = ("vit.legacy17.dyn", "vit.dynamo20.dyn", "hf_vit_sdpa.dynamo23.dyn",
             "seed_per_head_lists.legacy17", "seed_shared_head_einsum.dynamo20")
NOT_YET = ("vit_hybrid", "vit.qdq", "vit.qoperator", "vit.dynamic_int8", "vit.ort_fused")


def zoo():
    wanted = ("vit", "deit_distilled", "hf_vit", "hf_dinov2", "hf_clip",
              "seed_shared_head", "seed_per_head")
    for path in sorted((SHARED / "zoo").glob("*.onnx")):
        if path.name.startswith(wanted) and not path.name.startswith(NOT_YET):
            yield Model(path.stem, path, quick=path.stem in QUICK_ZOO,
                        fp32=1e-2 if path.stem == "vit.float16" else 1e-4)


def all_models(full):
    """(models to run, reason why others are missing or None)."""
    models = list(own())
    if not SHARED.exists():
        return models, f"no {SHARED}: only this repository's models run"
    models += [m for m in (*trained(), *zoo()) if full or m.quick]
    return models, None
