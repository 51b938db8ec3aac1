"""The PyTorch side of the benchmark: one line of JSON in, one out. Tensors are channels-last inside, as PyTorch likes them."""

import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
DEVICE, FOLDER = sys.argv[1], sys.argv[2]


def load(stored):
    data = np.fromfile(stored["file"], dtype=np.float32).reshape(stored["shape"])
    return torch.from_numpy(data).to(DEVICE)


def images(stored):
    """NHWC numbers as an NCHW tensor that lies channels-last in memory."""
    return load(stored).permute(0, 3, 1, 2)


def filters(stored):
    """HWIO numbers as OIHW."""
    return load(stored).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)


def normalise(x):
    return x / torch.sqrt((x * x).sum(-1, keepdim=True) + 1e-12)


def cosine_loss(features, weights, labels, scale):
    return F.cross_entropy(scale * normalise(features) @ normalise(weights).T, labels)


def max_feature_map(x, axis):
    a, b = x.chunk(2, axis)
    return torch.maximum(a, b)


def gemm(work):
    a, b = load(work["a"]), load(work["b"])
    return lambda: [a @ b]


def conv(work):
    x, w, dy = images(work["x"]), filters(work["w"]), images(work["dy"])
    options = {"stride": work["stride"], "padding": work["padding"]}
    forward = lambda: F.conv2d(x, w, **options).permute(0, 2, 3, 1)
    grad_input = lambda: torch.nn.grad.conv2d_input(x.shape, w, dy, **options).permute(0, 2, 3, 1)
    grad_weight = lambda: torch.nn.grad.conv2d_weight(x, w.shape, dy, **options).permute(2, 3, 1, 0)
    passes = {"forward": [forward], "grad_input": [grad_input], "grad_weight": [grad_weight]}
    passes["all"] = [forward, grad_input, grad_weight]
    chosen = passes[work["pass"]]
    return lambda: [body() for body in chosen]


def head(work):
    features, weights = load(work["features"]).requires_grad_(), load(work["weights"]).requires_grad_()
    labels = torch.tensor(work["labels"], device=DEVICE)

    def run():
        loss = cosine_loss(features, weights, labels, work["scale"])
        return [loss.detach(), *torch.autograd.grad(loss, [features, weights])]

    return run


def layer(work):
    x, dy, slope = load(work["x"]), load(work["dy"]), load(work["slope"])
    if x.dim() == 4:
        x, dy = x.permute(0, 3, 1, 2), dy.permute(0, 3, 1, 2)
    operators = {
        "l2_normalise": lambda: normalise(x),
        "prelu": lambda: F.prelu(x, slope),
        "max_feature_map": lambda: max_feature_map(x, 1),
        "max_pool2d": lambda: F.max_pool2d(x, 2),
    }
    inputs = [x.requires_grad_()] + ([slope.requires_grad_()] if work["operator"] == "prelu" else [])

    def run():
        gradients = torch.autograd.grad(operators[work["operator"]](), inputs, dy)
        return [g.permute(0, 2, 3, 1) if g.dim() == 4 else g for g in gradients]

    return run


def net(work):
    """A function from the parameters' names to features."""
    x = images(work["images"])
    values = {}
    for name, stored in work["parameters"].items():
        value = filters(stored) if len(stored["shape"]) == 4 else load(stored)
        values[name] = value.requires_grad_(work["kind"] == "step")

    def run(layers, x):
        for item in layers:
            name, kind = item["name"], item["kind"]
            weight, bias = values.get(name + ".weight"), values.get(name + ".bias")
            if kind == "conv":
                options = {key: item[key] for key in ("stride", "padding", "groups") if key in item}
                x = F.conv2d(x, weight, bias, **options)
            elif kind == "batchNorm":
                x = F.batch_norm(x, None, None, values[name + ".gamma"], values[name + ".beta"], training=True)
            elif kind == "prelu":
                x = F.prelu(x, values[name + ".slope"])
            elif kind == "maxFeatureMap":
                x = max_feature_map(x, 1)
            elif kind == "maxPool":
                x = F.max_pool2d(x, item["kernel"])
            elif kind == "residual":
                x = run(item.get("shortcut", []), x) + run(item["layers"], x)
            elif kind == "flatten":
                x = x.permute(0, 2, 3, 1).flatten(1)
            elif kind == "fullyConnected":
                x = x @ weight if bias is None else torch.addmm(bias, x, weight)
            else:
                raise ValueError("no " + kind + " layer in this comparison")
        return x

    return values, lambda: run(work["layers"], x)


def embed(work):
    _, forward = net(work)

    def run():
        with torch.no_grad():
            return [forward()]

    return run


def step(work):
    values, forward = net(work)
    weights = load(work["weights"]).requires_grad_()
    labels = torch.tensor(work["labels"], device=DEVICE)
    optimiser = torch.optim.SGD([*values.values(), weights], lr=work["learningRate"], momentum=work["momentum"])
    losses = []

    def run():
        optimiser.zero_grad(set_to_none=True)
        loss = cosine_loss(forward(), weights, labels, work["scale"])
        loss.backward()
        optimiser.step()
        if len(losses) < 10:
            losses.append(loss.detach())
        return [torch.stack(losses)]

    return run


KINDS = {"gemm": gemm, "conv": conv, "head": head, "layer": layer, "embed": embed, "step": step}
body, results = None, []


def answer(message):
    global body, results
    if not message:
        if DEVICE == "cuda" and not torch.cuda.is_available():
            return {"error": "no CUDA device"}
        name = torch.cuda.get_device_name() if DEVICE == "cuda" else f"{torch.get_num_threads()} threads"
        return {"description": f"PyTorch {torch.__version__}, {DEVICE}, {name}, float32 without TF32"}
    if "kind" in message:
        body, results = KINDS[message["kind"]](message), []
    elif "run" in message:
        for _ in range(message["run"]):
            results = body()
        # One number of the smallest result is read, as the other peers do; it ends the queue.
        min(results, key=lambda tensor: tensor.numel()).flatten()[0].cpu()
    elif "results" in message:
        files = []
        for i, tensor in enumerate(results):
            files.append(f"{FOLDER}/result{i}.bin")
            tensor.detach().cpu().contiguous().numpy().astype(np.float32).tofile(files[-1])
        return {"files": files}
    elif "dispose" in message:
        body, results = None, []
    return {}


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:  # the benchmark shows what this peer cannot do
        reply = {"error": str(error).split("\n")[0]}
    print(json.dumps(reply), flush=True)
