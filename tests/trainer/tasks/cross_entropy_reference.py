"""Cross-entropy with class weights as torch.nn.functional.cross_entropy has it: the constants of
classification_objective_test.cc, one case a line: the loss, then its gradient for the first sample.

    cross_entropy_reference.py

Targets are classes or, of mixed images, probabilities: 0.7 of a sample's own class and 0.3 of the one
before it. Exit code 77: torch is not installed.
"""
import sys

try:
    import torch
    from torch.nn.functional import cross_entropy, one_hot
except ImportError as error:
    print(error)
    sys.exit(77)

LOGITS = [[2.0, -1.0, 0.5], [0.25, 1.5, -0.75], [-2.0, 0.0, 3.0], [1.0, 1.0, 1.0], [0.5, -0.5, 0.125]]
LABELS = [0, 2, 2, 1, 0]
WEIGHTS = [0.5, 2.0, 1.25]

labels = torch.tensor(LABELS)
own = one_hot(labels, 3).to(torch.float32)
mixed = 0.7 * own + 0.3 * own.roll(1, 0)
for smoothing in (0.0, 0.1):
    for name, target in (("whole", labels), ("mixed", mixed)):
        logits = torch.tensor(LOGITS, requires_grad=True)
        loss = cross_entropy(logits, target, torch.tensor(WEIGHTS), label_smoothing=smoothing)
        loss.backward()
        gradient = ", ".join(f"{value:.8f}" for value in logits.grad[0].tolist())
        print(f"{name} {smoothing}: {loss.item():.8f}; {gradient}")
