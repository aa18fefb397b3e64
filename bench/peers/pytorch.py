"""PyTorch's side of the benchmark: answers each line of JSON on standard input with one.

{"open": spec} makes a workload ready: layers as webgpu-batchnorm's toConfig() writes them, a mode,
shapes. {"sample": name, "runs": n} times it, {"close": name} forgets it.
"""
import json
import sys
import time

import torch
from torch import nn

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")
# f32 is f32: no TF32. The fastest of cuDNN's algorithms.
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True


class Flatten(nn.Module):
    def forward(self, x):
        return torch.flatten(x, 1)


class GlobalAverage(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Add(nn.Module):
    def forward(self, a, b):
        return a + b


def padding_of(layer, kernel):
    padding = layer.get("padding", "valid")
    if padding == "valid":
        return 0
    if padding == "same":
        return [(extent - 1) // 2 for extent in kernel]
    return padding


def module_of(layer, shape):
    """A layer for inputs of `shape`, batch first, channels second."""
    kind = layer["type"]
    if kind in ("conv2d", "depthwiseConv2d"):
        depthwise = kind == "depthwiseConv2d"
        kernel = layer["kernelSize"]
        return nn.Conv2d(
            shape[1],
            shape[1] if depthwise else layer["filters"],
            kernel,
            layer["strides"],
            padding_of(layer, kernel),
            groups=shape[1] if depthwise else 1,
            bias=layer["useBias"],
        )
    if kind == "dense":
        return nn.Linear(shape[1], layer["units"], bias=layer["useBias"])
    if kind == "batchNorm":
        norm = nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d
        return norm(shape[1], eps=layer.get("epsilon") or 1e-3, momentum=0.01)
    if kind == "activation":
        given = layer["activation"]
        name = given if isinstance(given, str) else given["name"]
        return {"relu": nn.ReLU, "relu6": nn.ReLU6, "sigmoid": nn.Sigmoid}[name]()
    if kind == "maxPooling2d":
        size = layer["poolSize"]
        return nn.MaxPool2d(size, layer.get("strides") or size, padding_of(layer, size))
    return {"flatten": Flatten, "globalAveragePooling2d": GlobalAverage, "add": Add}[kind]()


class Network(nn.Module):
    def __init__(self, config, shape):
        super().__init__()
        chain = [{"layer": i, "inputs": [i]} for i in range(len(config["layers"]))]
        self.calls = config.get("calls") or chain
        self.parts = nn.ModuleList()
        values = [torch.zeros(shape)]
        with torch.no_grad():
            for call in self.calls:
                inputs = [values[i] for i in call["inputs"]]
                part = module_of(config["layers"][call["layer"]], inputs[0].shape).eval()
                self.parts.append(part)
                values.append(part(*inputs))

    def forward(self, x):
        values = [x]
        for call, part in zip(self.calls, self.parts):
            values.append(part(*(values[i] for i in call["inputs"])))
        return values[-1]


class Workload:
    def __init__(self, spec, dtype, device, memory):
        torch.manual_seed(1)
        shape = spec["shape"]
        if len(shape) == 4:
            shape = [shape[0], shape[3], shape[1], shape[2]]
        network = Network(spec["config"], shape)
        placed = {"memory_format": memory} if len(shape) == 4 else {}
        x = torch.randn(shape)
        self.mode = spec["mode"]
        self.network = network.to(device, dtype, **placed)
        self.network.train(self.mode != "inference")
        self.x = x.to(device, dtype, **placed)
        if self.mode == "gradients":
            self.x.requires_grad_()
            y = torch.randn(self.network(self.x).shape)
            self.dy = y.to(device, dtype, **(placed if y.dim() == 4 else {}))
        if self.mode == "step":
            self.labels = torch.randint(spec["classes"], (shape[0],)).to(device)
            self.loss = nn.CrossEntropyLoss()
            parameters = self.network.parameters()
            self.optimizer = torch.optim.SGD(parameters, lr=1e-6, momentum=0.9)

    def run(self):
        """Whatever the run gives: outputs and gradients."""
        if self.mode in ("inference", "forward"):
            with torch.no_grad():
                return [self.network(self.x)]
        if self.mode == "gradients":
            y = self.network(self.x)
            wrt = [self.x, *self.network.parameters()]
            return [y, *torch.autograd.grad(y, wrt, self.dy)]
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.network(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return [loss, *(parameter.grad for parameter in self.network.parameters())]


def wait():
    if CUDA:
        torch.cuda.synchronize()


def largest_error(got, want):
    worst = 0.0
    for a, b in zip(got, want):
        b = b.detach().cpu().double()
        scale = b.abs().max().item() or 1.0
        worst = max(worst, (a.detach().cpu().double() - b).abs().max().item() / scale)
    return worst


def peak_of(body):
    if not CUDA:
        body()
        return None
    torch.cuda.reset_peak_memory_stats()
    body()
    wait()
    return torch.cuda.max_memory_allocated()


opened = {}


def answer(request):
    if "open" in request:
        spec = request["open"]
        memory = torch.channels_last if spec["channelsLast"] else torch.contiguous_format
        check = spec["check"]
        reference = Workload(check, torch.float64, torch.device("cpu"), torch.contiguous_format)
        start = time.perf_counter()
        first = Workload(check, torch.float32, DEVICE, memory)
        got = first.run()
        wait()
        compile_ms = (time.perf_counter() - start) * 1e3
        error = largest_error(got, reference.run())
        workload = Workload(spec["full"], torch.float32, DEVICE, memory)
        peak = peak_of(workload.run)
        opened[spec["name"]] = workload
        return {"maxRelErr": error, "compileMs": compile_ms, "peakBytes": peak}
    if "sample" in request:
        workload = opened[request["sample"]]
        start = time.perf_counter()
        for _ in range(request["runs"]):
            workload.run()
        wait()
        return {"ms": (time.perf_counter() - start) * 1e3 / request["runs"]}
    del opened[request["close"]]
    return {}


name = torch.cuda.get_device_name() if CUDA else f"CPU, {torch.get_num_threads()} threads"
print(json.dumps({"version": torch.__version__, "device": name}), flush=True)
for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:  # Told to the benchmark, which goes on.
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
