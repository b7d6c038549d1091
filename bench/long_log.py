"""Writes a training log of about 1 GB with 100,000 epochs, to measure the doctor with.

    python bench/long_log.py SHAPE OUT

SHAPE is `bars` (progress bars, a line for every state), `csv` or `json` (a row for every step).
"""

import math
import sys

EPOCHS = 100_000
STEPS = {"bars": 120, "csv": 158, "json": 112}


def lines(shape):
    """The log in pieces, an epoch each."""
    steps = STEPS[shape]
    if shape == "csv":
        yield "epoch,step,train_loss,train_acc,val_loss,val_acc,lr,images_per_second,seconds\n"
    for epoch in range(1, EPOCHS + 1):
        loss = 3.6 * math.exp(-6 * epoch / EPOCHS) + 0.05 + 0.01 * math.sin(epoch)
        accuracy = 0.97 - 0.94 * math.exp(-8 * epoch / EPOCHS) + 0.003 * math.sin(3 * epoch)
        yield "".join(row(shape, epoch, step, steps, loss, accuracy) for step in range(1, steps + 1))


def row(shape, epoch, step, steps, loss, accuracy):
    now, last = loss * (1 + 0.1 * math.sin(step + epoch)), step == steps
    total = (epoch - 1) * steps + step
    if shape == "bars":
        head = f"Epoch {epoch}/{EPOCHS}\n" if step == 1 else ""
        done = 30 * step // steps
        bar = f"{step:3d}/{steps} [{'=' * done}{'.' * (30 - done)}] - "
        tail = f" - val_loss: {1.1 * loss:.4f} - val_accuracy: {accuracy - 0.01:.4f}" if last else ""
        return f"{head}{bar}ETA: {steps - step}s - loss: {loss if last else now:.4f} - accuracy: {accuracy:.4f}{tail}\n"
    if shape == "csv":
        validation = f"{1.1 * loss:.6f},{accuracy - 0.01:.6f}" if last else ","
        return f"{epoch},{total},{now:.6f},{accuracy:.6f},{validation},0.00100000,{812.34 + step % 7:.4f},{total / 4:.4f}\n"
    validation = f', "val_loss": {1.1 * loss:.6f}, "val_acc": {accuracy - 0.01:.6f}' if last else ""
    return f'{{"epoch": {epoch}, "step": {total}, "train_loss": {now:.6f}, "train_acc": {accuracy:.6f}, "lr": 0.001{validation}}}\n'


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in STEPS:
        sys.exit(__doc__)
    with open(sys.argv[2], "w", buffering=1 << 20) as log:
        log.writelines(lines(sys.argv[1]))
