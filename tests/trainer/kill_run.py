#!/usr/bin/env python3
"""A short run of `train` with everything on, killed again and again and resumed each time, must end
with the bits of one that was left alone: weights (the average's and the raw ones), the best, the
last checkpoint, metrics and the last validation.

    kill_run.py BIN_DIR WORK_DIR [--kills 20] [--terms 5] [--seed 0] [--optimizer sgd] [--long]

BIN_DIR holds train and pack-imagenet. At random moments, drawn from the seed, --kills times SIGKILL
and --terms times SIGTERM; some while a run is still starting. Prints a line for each, and ends with
1 at any difference. --long: 52 steps instead of 13.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

OF_THE_MACHINE = ("seconds", "val_seconds", "samples_per_second", "data_wait_share", "memory_bytes")
WEIGHTS = ("final.safetensors", "final_raw.safetensors", "best.safetensors")
POLL_SECONDS = 0.005


class Fault(Exception):
    pass


def draw_images(folder, per_class, stream):
    """Gray images of 28 x 28 pixels whose brightness tells their class, with noise, as PGM."""
    for number, name in enumerate(("dark", "grey", "light")):
        (folder / name).mkdir(parents=True)
        for i in range(per_class):
            pixels = bytes(60 * (number + 1) + stream.randrange(-40, 41) for _ in range(28 * 28))
            (folder / name / f"{i}.pgm").write_bytes(b"P5 28 28 255\n" + pixels)


def make_data(binaries, work):
    stream = random.Random(7)
    for split, per_class in (("train", 32), ("val", 8)):
        draw_images(work / "images" / split, per_class, stream)
        subprocess.run([binaries / "pack-imagenet", "--input", work / "images" / split, "--split",
                        split, "--output", work / split, "--quiet"], check=True)


class Run:
    """One folder that `train` writes to, as often as it is started."""

    def __init__(self, options, name):
        self.folder = options.work_dir / name
        self.log_path = options.work_dir / f"{name}.log"
        # Three phases: the 96 images are 8 batches of 12, 12 of 8, 16 of 6; 3, 4 and 6 steps.
        later = "20@4,24x6@8" if options.long else "20@1,24x6@2"
        self.command = [
            options.bin_dir / "train", "--model", "resnet18", "--data", options.work_dir / "train",
            "--val-data", options.work_dir / "val", "--output-dir", self.folder, "--device", "cpu",
            "--threads", "2", "--seed", "5", "--epochs", "12" if options.long else "3",
            "--batch-size", "8", "--progressive-resize", f"16x12@0,{later}", "--crop", "24",
            "--accumulate-grad-batches", "3", "--optimizer", options.optimizer, "--lr", "0.01",
            "--scheduler", "onecycle", "--warmup-epochs", "1", "--label-smoothing", "0.1",
            "--mixup-alpha", "0.4", "--cutmix-alpha", "1", "--use-ema", "--ema-decay", "0.9",
            "--clip-grad-norm", "1", "--save-every", "2", "--log-every", "1", "--auto-resume"]

    def start(self):
        self.log = open(self.log_path, "w+", encoding="utf-8")
        return subprocess.Popen(self.command, stdout=self.log, stderr=subprocess.STDOUT)

    def said(self, pattern):
        found = re.search(pattern, self.log_path.read_text(encoding="utf-8"))
        return found.group(1) if found else None

    def metrics(self):
        """Whole lines, without what the clock and the machine's memory say."""
        path = self.folder / "metrics.jsonl"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]
        return [{key: value for key, value in line.items() if key not in OF_THE_MACHINE} for line in lines]

    def step(self):
        """The last that is in the metrics, of the whole run."""
        return max((line.get("step", 0) for line in self.metrics()), default=0)

    def newest_checkpoint(self):
        """The step that the newest whole checkpoint is of, and when it was written."""
        newest = (0, None)
        for path in (self.folder / "checkpoints").glob("epoch-*/state.json"):
            try:
                found = (json.loads(path.read_text())["state"]["step"], path.stat().st_mtime)
            except FileNotFoundError:  # renamed or removed meanwhile
                continue
            newest = max(newest, found, key=lambda one: one[0])
        return newest


def wait_for(process, until):
    while process.poll() is None and not until():
        time.sleep(POLL_SECONDS)


def moments(options, steps, step_seconds, stream):
    """Signals in a random order, each with the step it waits for and seconds from there. Every
    fourth comes while the run is starting."""
    signals = [signal.SIGKILL] * options.kills + [signal.SIGTERM] * options.terms
    stream.shuffle(signals)
    targets = sorted(stream.randrange(0, max(steps * 4 // 5, 1)) for _ in signals)
    for number, (which, target) in enumerate(zip(signals, targets)):
        if number % 4 == 3:
            yield which, 0, stream.uniform(0.0, 1.5)
        else:
            yield which, target, stream.uniform(0.0, 2.0 * step_seconds)


def strike(run, which, target, delay):
    """Starts the run, sends the signal, and says what became of it."""
    before = run.newest_checkpoint()[0]
    begun = time.monotonic()
    process = run.start()
    if target > 0:
        wait_for(process, lambda: run.step() >= max(target, before + 1))
    aim = time.monotonic() + delay
    wait_for(process, lambda: time.monotonic() >= aim)
    moment = time.monotonic() - begun
    step = run.step()
    written = run.newest_checkpoint()[1]
    age = f"{time.time() - written:.2f}" if written else "-"
    ended = process.poll() is not None
    if not ended:
        process.send_signal(which)
    code = process.wait()
    resumed = run.said(r"resumed from \S*/(epoch-\d+-step-\d+)") or "start"
    kept = run.newest_checkpoint()[0]
    print(f"{moment:8.2f}  {step:5}  {which.name:8} {code:5}  {kept:5}  {age:>6}  {resumed}"
          + ("  (had ended)" if ended else ""), flush=True)
    if ended and code != 0:
        raise Fault(f"train ended by itself with {code}:\n{run.log_path.read_text()}")
    if not ended:
        check_end(run, which, code, kept)
    return not ended


def check_end(run, which, code, kept):
    expected = {signal.SIGKILL: (-9,), signal.SIGTERM: (143, -15)}[which]  # -15: not yet listening
    if code not in expected:
        raise Fault(f"expected exit code {expected}, found {code}:\n{run.log_path.read_text()}")
    stopped = run.said(r"stopped after step (\d+)")
    if stopped is not None and int(stopped) != kept:
        raise Fault(f"stopped after step {stopped}, and saved step {kept}")


def finish(run):
    begun = time.monotonic()
    code = run.start().wait()
    if code != 0:
        raise Fault(f"train ended with {code}:\n{run.log_path.read_text()}")
    return time.monotonic() - begun


def state_of(checkpoint):
    """Without the length and the hash of texts that hold times."""
    description = json.loads((checkpoint / "state.json").read_text())
    del description["state_xxh3_64"], description["state"]["metrics_bytes"]
    return description


def differences(whole, broken):
    for name in WEIGHTS + ("evaluation.json",):
        if (whole.folder / name).read_bytes() != (broken.folder / name).read_bytes():
            yield name
    if whole.metrics() != broken.metrics():
        yield "metrics.jsonl"
    last, other = (max((run.folder / "checkpoints").iterdir()) for run in (whole, broken))
    if last.name != other.name:
        yield f"the last checkpoint: {last.name} and {other.name}"
        return
    for part in ("model.safetensors", "training.safetensors"):
        if (last / part).read_bytes() != (other / part).read_bytes():
            yield f"{last.name}/{part}"
    if state_of(last) != state_of(other):
        yield f"{last.name}/state.json"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("work_dir", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--terms", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--optimizer", default="sgd")
    parser.add_argument("--long", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # other work may share the machine
    shutil.rmtree(options.work_dir, ignore_errors=True)
    options.work_dir.mkdir(parents=True)
    make_data(options.bin_dir, options.work_dir)

    whole, broken = Run(options, "whole"), Run(options, "broken")
    seconds = finish(whole)
    steps = whole.step()
    print(f"left alone: {steps} steps, {seconds:.1f} s; seed {options.seed}, {options.optimizer}")
    print("moment s   step  signal    exit  saved   age s  it had gone on from")
    stream = random.Random(options.seed)
    struck = sum([strike(broken, *moment)
                  for moment in moments(options, steps, seconds / steps, stream)])
    finish(broken)
    different = list(differences(whole, broken))
    for name in different:
        print(f"differs: {name}")
    if different or struck == 0:
        return 1
    print(f"struck {struck} times and resumed: weights, checkpoint, metrics and validation are the "
          "same to the bit")
    shutil.rmtree(options.work_dir)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Fault as fault:
        print(fault)
        sys.exit(1)
