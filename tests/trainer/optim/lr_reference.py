"""Learning rates of torch.optim.lr_scheduler, one schedule a line.

    lr_reference.py NAME STEPS [VALUE...]

    cosine STEPS MIN_LR         onecycle STEPS PCT_START FINAL_DIV_FACTOR
    linear STEPS END_FACTOR     step EPOCHS STEPS_PER_EPOCH STEP_SIZE GAMMA
    poly STEPS POWER

All from a rate of 0.4. Cases are separated by commas. Exit code 77: torch is not installed.
"""
import sys
import warnings

warnings.simplefilter("ignore")
try:
    import torch
    from torch.optim import lr_scheduler
except ImportError as error:
    print(error)
    sys.exit(77)

LR = 0.4


def rates(name, steps, *values):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], LR, momentum=0.9)
    every = 1
    if name == "cosine":
        scheduler = lr_scheduler.CosineAnnealingLR(optimizer, steps, values[0])
    elif name == "onecycle":
        scheduler = lr_scheduler.OneCycleLR(optimizer, LR, steps, pct_start=values[0],
                                            final_div_factor=values[1], cycle_momentum=False)
    elif name == "linear":
        scheduler = lr_scheduler.LinearLR(optimizer, 1.0, values[0], steps)
    elif name == "poly":
        scheduler = lr_scheduler.PolynomialLR(optimizer, steps, values[0])
    else:
        every = int(values[0])
        scheduler = lr_scheduler.StepLR(optimizer, int(values[1]), values[2])
        steps *= every
    used = []
    for step in range(steps):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (step + 1) % every == 0 and step + 1 < steps:
            scheduler.step()
    return used


for case in " ".join(sys.argv[1:]).split(","):
    name, steps, *values = case.split()
    print(*map(repr, rates(name, int(steps), *map(float, values))))
