"""Writes segmentation_network.json: what PyTorch's Python side makes of the same U-Net and losses.

Needs torch. Weights and inputs are arithmetic (see `numbers`), so that only results are stored.
Computed in float64.
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def numbers(shape, seed):
    """-1..1, by a congruence of the element's index."""
    count = 1
    for extent in shape:
        count *= extent
    i = torch.arange(count, dtype=torch.int64)
    return ((i * i * 31 + i * 7919 + seed * 104729) % 2003 - 1001).double().div(1001).view(shape)


class Block(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.conv1 = nn.Conv3d(before, after, 3, padding=1, bias=False)
        self.norm1 = nn.InstanceNorm3d(after, affine=True)
        self.conv2 = nn.Conv3d(after, after, 3, padding=1, bias=False)
        self.norm2 = nn.InstanceNorm3d(after, affine=True)

    def forward(self, x):
        x = F.leaky_relu(self.norm1(self.conv1(x)), 0.01)
        return F.leaky_relu(self.norm2(self.conv2(x)), 0.01)


class UNet(nn.Module):
    def __init__(self, channels, base, depth):
        super().__init__()
        widths = [base * 2**level for level in range(depth + 1)]
        self.encoder = nn.ModuleList(
            Block(channels if level == 0 else widths[level - 1], widths[level])
            for level in range(depth)
        )
        self.down = nn.ModuleList(nn.Conv3d(w, w, 2, stride=2) for w in widths[:-1])
        self.bottleneck = Block(widths[-2], widths[-1])
        self.up = nn.ModuleList(nn.ConvTranspose3d(w, w, 2, stride=2) for w in widths[1:])
        self.decoder = nn.ModuleList(
            Block(widths[level] + widths[level + 1], widths[level]) for level in range(depth)
        )
        self.head = nn.Conv3d(base, 2, 1)

    def forward(self, x):
        skipped = []
        for block, down in zip(self.encoder, self.down):
            skipped.append(block(x))
            x = down(skipped[-1])
        x = self.bottleneck(x)
        for level in reversed(range(len(self.up))):
            x = self.decoder[level](torch.cat([skipped[level], self.up[level](x)], 1))
        return self.head(x)


def fill(model):
    for seed, (name, weight) in enumerate(sorted(model.named_parameters())):
        with torch.no_grad():
            values = numbers(weight.shape, seed)
            if weight.dim() > 1:
                fan_in = weight[0].numel()
                weight.copy_(values * (6.0 / fan_in) ** 0.5)
            elif "norm" in name and name.endswith("weight"):
                weight.copy_(1.0 + 0.3 * values)
            else:
                weight.copy_(0.3 * values)


def describe_network():
    model = UNet(channels=3, base=4, depth=2)
    fill(model)
    logits = model(numbers((2, 3, 8, 12, 16), 1000))
    (logits * numbers(logits.shape, 2000)).sum().backward()
    return {
        "logits": logits.detach().flatten()[::11].tolist(),
        "gradient_norms": {name: float(p.grad.norm()) for name, p in model.named_parameters()},
        "parameters_at_32_4": sum(p.numel() for p in UNet(6, 32, 4).parameters()),
    }


def soft_erode(x):
    p1 = -F.max_pool3d(-x, (3, 1, 1), 1, (1, 0, 0))
    p2 = -F.max_pool3d(-x, (1, 3, 1), 1, (0, 1, 0))
    p3 = -F.max_pool3d(-x, (1, 1, 3), 1, (0, 0, 1))
    return torch.min(torch.min(p1, p2), p3)


def soft_open(x):
    return F.max_pool3d(soft_erode(x), 3, 1, 1)


def skeleton(x, iterations):
    result = F.relu(x - soft_open(x))
    for _ in range(iterations):
        x = soft_erode(x)
        ridge = F.relu(x - soft_open(x))
        result = result + F.relu(ridge - result * ridge)
    return result


def loss_terms(logits, labels, distance):
    """Each from its definition, voxel sets picked by indexing where that is possible."""
    keep = labels != 2
    p = torch.softmax(logits, 1)[:, 1]
    g = (labels == 1).double()
    weights = torch.tensor([0.5, 3.0])

    def dice(n):
        pn, gn = p[n][keep[n]], g[n][keep[n]]
        return 1 - (2 * (pn * gn).sum() + 1) / (pn.sum() + gn.sum() + 1)

    def cl_dice(n):
        pn, gn = (p[n] * keep[n])[None, None], g[n][None, None]
        sp, sg = skeleton(pn, 3), skeleton(gn, 3)
        precision = ((sp * gn).sum() + 1) / (sp.sum() + 1)
        sensitivity = ((sg * pn).sum() + 1) / (sg.sum() + 1)
        return 1 - 2 * precision * sensitivity / (precision + sensitivity)

    samples = range(len(labels))
    return {
        "ce": F.cross_entropy(logits, labels, ignore_index=2),
        "ce, weighted and smoothed": F.cross_entropy(
            logits, labels, weight=weights, ignore_index=2, label_smoothing=0.1
        ),
        "dice": sum(dice(n) for n in samples) / len(labels),
        "cldice": sum(cl_dice(n) for n in samples) / len(labels),
        "boundary": (p * distance.clamp(-20, 20) / 20)[keep].mean(),
    }


def describe_losses():
    shape = (2, 6, 7, 8)
    z = torch.arange(6).view(1, 6, 1, 1)
    sheet = ((z + torch.arange(7).view(1, 1, 7, 1)) % 5 < 2).expand(shape)
    labels = sheet.long().clone()
    labels[numbers(shape, 7) > 0.6] = 2
    distance = (numbers(shape, 8) * 50).trunc()
    result = {}
    for name in loss_terms(torch.zeros(2, 2, 6, 7, 8), labels, distance):
        logits = (3 * numbers((2, 2, 6, 7, 8), 9)).requires_grad_()
        term = loss_terms(logits, labels, distance)[name]
        term.backward()
        result[name] = {
            "value": float(term.detach()),
            "gradient_norm": float(logits.grad.norm()),
            "gradient": logits.grad.flatten()[::5].tolist(),
        }
    return result


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return float(f"{value:.8g}") if isinstance(value, float) else value


def main():
    path = pathlib.Path(__file__).with_name("segmentation_network.json")
    document = {"network": describe_network(), "losses": describe_losses()}
    path.write_text(json.dumps(rounded(document)) + "\n")


if __name__ == "__main__":
    main()
