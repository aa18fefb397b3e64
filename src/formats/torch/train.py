"""Trains the network of model.py, on one process or on many.

    python3 train.py --data train.safetensors --epochs 5
    torchrun --nproc_per_node 4 train.py --images train-images.gz --labels train-labels.gz

Data: a safetensors file with the tensors x [samples, ...] and y (class indices, or targets of the
network's output shape), or IDX files as MNIST has them (gzip or not; pixels become 0 to 1).
With several processes gradients are averaged by DistributedDataParallel; on GPUs batch norms take
their statistics over all processes (SyncBatchNorm), on CPUs each over its own share of the batch.
The weights are written as safetensors, by the names that they were read with.
"""

import argparse
import gzip
import json
import os
import struct
import sys

import torch
import torch.distributed as dist
import torch.nn as nn
import torch.nn.functional as F

from model import Network

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def load_tensors(path):
    """The tensors of a safetensors file, by name."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]]
        if start == end:
            tensors[name] = torch.empty(entry["shape"], dtype=dtype)
        else:
            flat = torch.frombuffer(data[start:end], dtype=dtype)
            tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def save_tensors(path, tensors):
    """Writes a safetensors file; it appears under its name only when it is complete."""
    header, blobs, at = {"__metadata__": {"format": "pt"}}, [], 0
    # The widest elements first, so that each tensor is aligned.
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))
    for name, tensor in ordered:
        tensor = tensor.detach().cpu().contiguous()
        blob = tensor.reshape(-1).view(torch.uint8).numpy().tobytes()
        span = [at, at + len(blob)]
        dtype, shape = NAMES[tensor.dtype], list(tensor.shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": span}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        file.writelines(blobs)
    os.replace(path + ".part", path)


def load_idx(path):
    """An IDX array of bytes as a tensor."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        data = bytearray(file.read())
    if data[:3] != b"\0\0\x08":
        sys.exit(f"{path}: not an IDX file of bytes")
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    return torch.frombuffer(data, dtype=torch.uint8, offset=4 + 4 * data[3]).reshape(shape)


def load_data(args):
    if args.data:
        tensors = load_tensors(args.data)
        return tensors["x"].float(), tensors["y"]
    if not (args.images and args.labels):
        sys.exit("give --data, or --images and --labels")
    images = load_idx(args.images).float() / 255
    return images[:, None], load_idx(args.labels).long()


def loss_of(output, target):
    if Network.LOSS == "cross_entropy":
        whole = target.dim() == output.dim()
        return F.cross_entropy(output, target.float() if whole else target.long())
    if Network.LOSS == "binary_cross_entropy":
        return F.binary_cross_entropy_with_logits(output, target.float().reshape(output.shape))
    return F.mse_loss(output, target.float().reshape(output.shape))


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="safetensors file with x and y")
    parser.add_argument("--images", help="IDX file of images")
    parser.add_argument("--labels", help="IDX file of labels")
    parser.add_argument("--weights", default="weights.safetensors", help="to start from")
    parser.add_argument("--save", default="trained.safetensors", help="to write")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--steps", type=int, help="stop after so many steps")
    parser.add_argument("--batch", type=int, default=64, help="samples a step and process")
    parser.add_argument("--optimizer", choices=["sgd", "adam", "adamw"], default="sgd")
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--momentum", type=float, default=0.9, help="of sgd")
    parser.add_argument("--weight-decay", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-shuffle", action="store_true", help="samples in the order of the file")
    parser.add_argument("--device", choices=["cpu", "cuda"], help="default: cuda where there is one")
    return parser.parse_args()


def optimizer_of(args, parameters):
    if args.optimizer == "sgd":
        return torch.optim.SGD(
            parameters, lr=args.lr, momentum=args.momentum, weight_decay=args.weight_decay
        )
    kind = torch.optim.Adam if args.optimizer == "adam" else torch.optim.AdamW
    return kind(parameters, lr=args.lr, weight_decay=args.weight_decay)


def main():
    args = arguments()
    world = int(os.environ.get("WORLD_SIZE", "1"))
    rank = int(os.environ.get("RANK", "0"))
    kind = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device("cpu")
    if kind == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("nccl" if kind == "cuda" else "gloo")
    torch.manual_seed(args.seed)

    network = Network()
    network.load_state_dict(load_tensors(args.weights))
    if world > 1 and kind == "cuda":
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    network.to(device)
    trained = network
    if world > 1:
        trained = nn.parallel.DistributedDataParallel(
            network, device_ids=[device.index] if kind == "cuda" else None
        )
    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = optimizer_of(args, learned)

    x, y = load_data(args)
    steps = len(x) // (args.batch * world)
    if steps == 0:
        sys.exit(f"{len(x)} samples are fewer than a batch of {args.batch} on {world} processes")
    done = 0
    for epoch in range(args.epochs):
        network.train()
        generator = torch.Generator().manual_seed(args.seed + epoch)
        order = torch.randperm(len(x), generator=generator)
        if args.no_shuffle:
            order = torch.arange(len(x))
        total = torch.zeros((), device=device)
        count = 0
        for step in range(steps):
            # Every process takes its part of the same global batch; the rest of the data waits.
            start = (step * world + rank) * args.batch
            rows = order[start : start + args.batch]
            loss = loss_of(trained(x[rows].to(device), logits=True), y[rows].to(device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.detach()
            count += 1
            done += 1
            if args.steps and done >= args.steps:
                break
        mean = total / count
        if world > 1:
            dist.all_reduce(mean)
            mean /= world
        if rank == 0:
            print(f"epoch {epoch + 1}: loss {mean.item():.6f}", flush=True)
        if args.steps and done >= args.steps:
            break
    if world > 1 and kind == "cpu":
        # Each process has its own running statistics: their mean is the estimate of all.
        for name, buffer in network.named_buffers():
            if buffer.is_floating_point():
                dist.all_reduce(buffer)
                buffer /= world
    if rank == 0:
        save_tensors(args.save, network.state_dict())
        print(f"saved {args.save}")
    if world > 1:
        # The wrapper holds on to the process group, which would hang as the program ends.
        del trained
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
