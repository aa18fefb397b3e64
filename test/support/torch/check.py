"""Runs exported projects: python3 check.py FOLDER... prints a line of JSON for each.

A folder has model.py, train.py, weights.safetensors, and check.safetensors: x0..., y0... (inputs and
outputs in evaluation mode), and where a training step is compared: target, lr, and new.<name>, every
tensor of the module after the step.
"""

import importlib
import json
import sys

import torch


def error(got, want):
    if list(got.shape) != list(want.shape):
        return f"shape {list(got.shape)}, want {list(want.shape)}"
    scale = max(want.double().abs().max().item(), 1e-6)
    return ((got.double() - want.double()).abs().max() / scale).item()


def check(folder):
    sys.path.insert(0, folder)
    for name in ("model", "train"):
        sys.modules.pop(name, None)
    train = importlib.import_module("train")
    sys.path.pop(0)
    tensors = train.load_tensors(f"{folder}/check.safetensors")
    network = train.Network()
    network.load_state_dict(train.load_tensors(f"{folder}/weights.safetensors"))
    network.eval()
    inputs = [tensors[f"x{i}"] for i in range(sum(name.startswith("x") for name in tensors))]
    with torch.no_grad():
        outputs = network(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    result = {"outputs": [error(y, tensors[f"y{i}"]) for i, y in enumerate(outputs)]}
    if "target" in tensors:
        network.train()
        learned = [p for p in network.parameters() if p.requires_grad]
        optimizer = torch.optim.SGD(learned, lr=tensors["lr"].item())
        train.loss_of(network(*inputs, logits=True), tensors["target"]).backward()
        optimizer.step()
        result["step"] = {
            name: error(value, tensors[f"new.{name}"])
            for name, value in network.state_dict().items()
        }
    return result


for folder in sys.argv[1:]:
    print(json.dumps(check(folder)), flush=True)
