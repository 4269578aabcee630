"""What Python's torch and torchvision make of the weights in safetensors files.

    torch_reference.py SAMPLES_DIR forward (MODEL[+blurpool] CHANNELS CLASSES WEIGHTS)...
    torch_reference.py SAMPLES_DIR train WEIGHTS OPTIMIZER...

Prints the logits, or the losses, of each case as one line of numbers. Exit code 77: torch or
torchvision is not installed.
"""
import sys

sys.path.insert(0, sys.argv[1])
try:
    import torch
    import torchvision
except ImportError as error:
    print(error)
    sys.exit(77)
from load_in_torchvision import add_blurpool  # noqa: E402
from read_safetensors import read_safetensors  # noqa: E402


def arithmetic_images(batch, channels, side):
    b, c, y, x = torch.meshgrid(*(torch.arange(n) for n in (batch, channels, side, side)),
                                indexing="ij")
    return ((b * 7 + c * 5 + y * 3 + x * (b + 1)) % 17).float() / 8 - 1


def load(name, channels, classes, weights):
    name, _, blurpool = name.partition("+")
    model = getattr(torchvision.models, name)(num_classes=classes)
    if channels != 3 and name.startswith("resnet"):
        model.conv1 = torch.nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
    elif channels != 3:
        model.features.conv0 = torch.nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
    tensors, _ = read_safetensors(weights)
    model.load_state_dict({k: torch.from_numpy(v) for k, v in tensors.items()}, strict=True)
    if blurpool:
        add_blurpool(model)
    return model


def forward(name, channels, classes, weights):
    model = load(name, int(channels), int(classes), weights).eval()
    with torch.no_grad():
        return model(arithmetic_images(2, int(channels), 64)).flatten().tolist()


def train(optimizer, weights):
    model = load("resnet18", 1, 3, weights).double().train()
    groups = [{"params": [p for p in model.parameters() if p.dim() > 1]},
              {"params": [p for p in model.parameters() if p.dim() <= 1], "weight_decay": 0.0}]
    steps = {"sgd": lambda: torch.optim.SGD(groups, 0.05, 0.9, weight_decay=0.01),
             "nesterov": lambda: torch.optim.SGD(groups, 0.05, 0.9, weight_decay=0.01, nesterov=True),
             "clipped": lambda: torch.optim.SGD(groups, 0.05, 0.9, weight_decay=0.01),
             "adamw": lambda: torch.optim.AdamW(groups, 0.001, (0.8, 0.95), 1e-6, 0.01),
             "adam": lambda: torch.optim.Adam(groups, 0.001, (0.8, 0.95), 1e-6, 0.1)}
    step = steps[optimizer]()
    images = arithmetic_images(6, 1, 32).double()
    losses = []
    for i in range(5):
        for group in step.param_groups:
            group["lr"] *= 0.8
        step.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            model(images), torch.tensor([0, 1, 2, 0, 1, 2]), label_smoothing=0.1)
        loss.backward()
        if optimizer == "clipped":
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        step.step()
        losses.append(loss.item())
    return losses


torch.set_num_threads(1)
task, arguments = sys.argv[2], sys.argv[3:]
if task == "forward":
    results = [forward(*arguments[i:i + 4]) for i in range(0, len(arguments), 4)]
else:
    results = [train(optimizer, arguments[0]) for optimizer in arguments[1:]]
for values in results:
    print(*map(repr, values))
