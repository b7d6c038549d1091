"""The classifier in this folder for PyTorch: python load.py photo.jpg ...

In a program of your own: module, config = load("folder"). Where torchvision has the network, the module is torchvision's;
`timm.create_model("local-dir:folder", pretrained=True)` loads ResNets and DenseNet too. The module takes float32 [n, 3, size, size].
"""
import json, sys
from pathlib import Path
import torch
from safetensors.torch import load_file
from torch.nn import functional as F
from photo import cropped, upright


class Network(torch.nn.Module):
    """A network as foliar's list of nodes. The names of its weights are those of the nodes."""

    def __init__(self, nodes, state):
        super().__init__()
        self.nodes = nodes
        for name, value in state.items():
            *path, last = name.split(".")
            module = self
            for part in path:
                if part not in module._modules:
                    module.add_module(part, torch.nn.Module())
                module = module._modules[part]
            if last.startswith("running"):
                module.register_buffer(last, torch.empty_like(value, dtype=torch.float32))
            else:
                module.register_parameter(last, torch.nn.Parameter(torch.empty_like(value, dtype=torch.float32)))

    def forward(self, pixels):
        values = []
        for node in self.nodes:
            inputs = [values[place] for place in node["inputs"]] or [pixels]
            values.append(self.node(node, *inputs))
        return values[-1].flatten(1)

    def node(self, node, x, y=None):
        op, window = node["op"], node.get("window", {})
        tensors = dict(self.named_parameters()) if op in WITH_WEIGHTS else {}
        own, (weight, bias) = tensors.get(node["name"]), (tensors.get(tensor_name(node, last)) for last in ("weight", "bias"))
        if window:
            x, sliding = padded(x, window, float("-inf") if op == "max-pool" else 0.0)
        if op in ("conv", "grouped-conv", "depthwise"):
            return F.conv2d(x, weight, bias if node.get("bias") else None, window["stride"], groups=x.shape[1] // weight.shape[1])
        if op == "batch-norm":
            norm = self.get_submodule(node["name"])
            return F.batch_norm(x, norm.running_mean, norm.running_var, weight, bias, eps=node["epsilon"])
        if op == "pixel-linear":
            return F.conv2d(x, weight[:, :, None, None], bias)
        if op == "layer-norm":
            return F.layer_norm(x.permute(0, 2, 3, 1), weight.shape, weight, bias, node["epsilon"]).permute(0, 3, 1, 2)
        if op == "token":
            learned, x = own.transpose(1, 2)[:, :, None].expand(len(x), -1, -1, -1), x.flatten(2)[:, :, None]
            return torch.cat([x[..., : node["after"]], learned, x[..., node["after"] :]], 3)
        if op == "attention":
            q, k, v = (t.flatten(2).unflatten(1, (node["heads"], -1)).transpose(2, 3) for t in x.chunk(3, 1))
            return F.scaled_dot_product_attention(q, k, v).transpose(2, 3).reshape(len(x), -1, *x.shape[2:])
        if op == "linear":
            return F.linear(x.flatten(1), weight, bias)[:, :, None, None]
        if op == "max-pool":
            return F.max_pool2d(x, *sliding, ceil_mode=node.get("ceil", False))
        if op == "average-pool":
            return F.avg_pool2d(x, *sliding)
        return {
            "input": lambda: x,
            "dropout": lambda: x,
            "stochastic-depth": lambda: x,
            "relu": lambda: F.relu(x),
            "relu6": lambda: F.relu6(x),
            "silu": lambda: F.silu(x),
            "gelu": lambda: F.gelu(x),
            "channel-scale": lambda: x * own.view(1, -1, 1, 1),
            "channel-shift": lambda: x + own.view(1, -1, 1, 1),
            "position-embedding": lambda: x + own.transpose(1, 2).reshape(1, *x.shape[1:]),
            "pick-token": lambda: x.flatten(2)[:, :, node["place"], None, None],
            "sigmoid": lambda: torch.sigmoid(x),
            "hard-sigmoid": lambda: F.hardsigmoid(x),
            "hard-swish": lambda: F.hardswish(x),
            "adaptive-average-pool": lambda: F.adaptive_avg_pool2d(x, node["size"]),
            "global-average-pool": lambda: x.mean((2, 3), keepdim=True),
            "hellinger": lambda: (F.relu(x) / (F.relu(x).mean(1, keepdim=True) + 1e-12)).sqrt(),
            "add": lambda: x + y,
            "concat": lambda: torch.cat([x, y], 1),
            "scale": lambda: x * y,
        }[op]()


WITH_WEIGHTS = (
    "conv", "grouped-conv", "depthwise", "batch-norm", "linear", "pixel-linear", "layer-norm", "channel-scale", "channel-shift",
    "token", "position-embedding",
)


def tensor_name(node, last):
    """The name of a node's tensor; PyTorch's attention has `in_proj_weight`."""
    return node["name"] + ("_" if node["name"].endswith(".in_proj") else ".") + last


def padded(x, window, value):
    """`x` with its border, and kernel and stride. TensorFlow's `same` has the smaller half of the border first."""
    kernel, stride, padding = window["kernel"], window["stride"], window["padding"]
    if padding == "same":
        sides = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in (x.shape[3], x.shape[2])]
        border = [half for side in sides for half in (side // 2, side - side // 2)]
    else:
        border = [padding["explicit"]] * 4
    return F.pad(x, border, value=value), (kernel, stride)


def load(folder):
    """The module, ready to predict, and config.json."""
    config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    state = load_file(Path(folder) / "model.safetensors")
    try:
        from torchvision.models import get_model
        name, size = config["architecture"], config["pretrained_cfg"]["input_size"][1]
        sized = {"image_size": size} if name.startswith("vit_") else {}
        module = get_model(name, weights=None, num_classes=config["num_classes"], **sized)
    except (ImportError, ValueError, AssertionError):
        module = Network(config["foliar"]["graph"]["nodes"], state)
    module.load_state_dict(state, strict=True)
    return module.eval(), config


def pixels(path, config):
    """The network's input for the photo at `path`, [1, 3, size, size]."""
    about = config["foliar"]["preprocessing"]
    values = torch.from_numpy(cropped(upright(path), about)) / 255
    return ((values - torch.tensor(about["mean"])) / torch.tensor(about["std"])).permute(2, 0, 1)[None]


if __name__ == "__main__":
    module, config = load(Path(__file__).parent)
    with torch.no_grad():
        for path in sys.argv[1:]:
            logits = module(pixels(path, config))[0] / config["foliar"]["temperature"]
            shares = dict(zip(config["label_names"], (round(p, 4) for p in logits.softmax(0).tolist())))
            print(path, max(shares, key=shares.get), shares, sep="\t")
