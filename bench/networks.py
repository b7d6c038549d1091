"""foliar's networks in PyTorch, with the names of foliar's graphs, so that a bundle's weights fit as they are."""
import torch
import torchvision
from torch import nn

# Output channels at width 1 and stride of the 13 separable layers of MobileNet v1.
SEPARABLE = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]

# timm's names of vision transformers that torchvision does not have. Its networks with registers have one position less.
TIMM = {
    "vit_small_patch16_224": "vit_small_patch16_224",
    "dinov2_vits14": "vit_small_patch14_dinov2",
    "dinov2_vitb14": "vit_base_patch14_dinov2",
}


class Baseline(nn.Module):
    """Five 3 x 3 convolutions with batch norm and ReLU, and maximum pooling between them."""

    CHANNELS = [32, 64, 128, 256, 256]

    def __init__(self, classes: int):
        super().__init__()
        inputs = 3
        for number, channels in enumerate(self.CHANNELS, 1):
            self.add_module(f"conv{number}", nn.Conv2d(inputs, channels, 3, padding=1, bias=False))
            self.add_module(f"bn{number}", nn.BatchNorm2d(channels))
            inputs = channels
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for number in range(1, len(self.CHANNELS) + 1):
            x = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x))
            x = nn.functional.relu(x, inplace=True)
            if number < len(self.CHANNELS):
                x = nn.functional.max_pool2d(x, 2)
        return self.fc(x.mean((2, 3)))


class MobileNetV1(nn.Module):
    """As TensorFlow trained it. `same` pads as TensorFlow does, after the image where the padding is odd; without it all
    sides are padded alike, which costs PyTorch no copy of the image and changes nothing else about the work."""

    def __init__(self, width: float, classes: int, same: bool):
        super().__init__()
        self.same = same
        inputs = int(32 * width)
        self.conv1 = self.convolution(3, inputs, 3, 2)
        self.conv1_bn = nn.BatchNorm2d(inputs, eps=1e-3)
        for number, (channels, stride) in enumerate(SEPARABLE, 1):
            outputs = int(channels * width)
            self.add_module(f"conv_dw_{number}", self.convolution(inputs, inputs, 3, stride, groups=inputs))
            self.add_module(f"conv_dw_{number}_bn", nn.BatchNorm2d(inputs, eps=1e-3))
            self.add_module(f"conv_pw_{number}", self.convolution(inputs, outputs, 1, 1))
            self.add_module(f"conv_pw_{number}_bn", nn.BatchNorm2d(outputs, eps=1e-3))
            inputs = outputs
        self.conv_preds = nn.Linear(inputs, classes)

    def convolution(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int = 1) -> nn.Conv2d:
        padding = 0 if self.same and stride == 2 else kernel // 2
        return nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)

    def layer(self, name: str, x: torch.Tensor) -> torch.Tensor:
        convolution = getattr(self, name)
        if self.same and convolution.stride == (2, 2):
            odd = [side % 2 for side in x.shape[-2:]]
            x = nn.functional.pad(x, (odd[1], 1, odd[0], 1))
        return nn.functional.relu6(getattr(self, f"{name}_bn")(convolution(x)), inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer("conv1", x)
        for number in range(1, len(SEPARABLE) + 1):
            x = self.layer(f"conv_pw_{number}", self.layer(f"conv_dw_{number}", x))
        return self.conv_preds(x.mean((2, 3)))


def network(name: str, classes: int, same: bool = False) -> nn.Module:
    """The network that foliar calls `name`, with random weights; `same` is that of `MobileNetV1`."""
    if name == "baseline":
        return Baseline(classes)
    if name.startswith("mobilenet_v1_"):
        return MobileNetV1(float(name.removeprefix("mobilenet_v1_")), classes, same)
    if name in TIMM:
        import timm
        return timm.create_model(TIMM[name], num_classes=classes, img_size=224)
    return getattr(torchvision.models, name)(weights=None, num_classes=classes)
