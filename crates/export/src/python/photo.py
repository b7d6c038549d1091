import io
import numpy
from PIL import Image, ImageCms, ImageOps


def upright(path):
    """The photo at `path` as it is to be seen: upright, in sRGB, what is see-through over white; uint8 [height, width, 3]."""
    photo = ImageOps.exif_transpose(Image.open(path))
    if photo.mode.startswith("I"):  # 16 bits
        photo = Image.fromarray(((numpy.asarray(photo).astype(int) + 128) // 257).astype(numpy.uint8))
    if photo.info.get("icc_profile") and photo.mode == "RGB":  # the colours of iPhones
        photo = ImageCms.profileToProfile(photo, io.BytesIO(photo.info["icc_profile"]), ImageCms.createProfile("sRGB"))
    photo = photo.convert("RGBA")
    return numpy.asarray(Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo).convert("RGB"))


def cropped(photo, about):
    """What the network sees of it, uint8 [size, size, 3]: reduced, then the central square resampled, as foliar does it."""
    (height, width), size, resize = photo.shape[:2], about["size"], about["resize_side"]
    shorter = min(height, width)
    side = min(shorter, about["store_side"])
    rows, columns = ((length * side + shorter // 2) // shorter for length in (height, width))
    photo = resampled(resampled(photo, rows, rows, 0, height), columns, columns, 0, width)
    unit, shorter = 256 * size, min(rows, columns)
    extent = max((2 * unit * shorter + resize) // (2 * resize), 1)
    for length in (rows, columns):
        start = min((256 * length * resize - unit * shorter + resize) // (2 * resize), 256 * length - extent)
        photo = resampled(photo, size, unit, 2 * size * start, extent)
    return photo


def resampled(photo, count, unit, origin, step):
    """The photo with `count` rows, by a triangle filter in whole numbers; columns come first then."""
    centres = (2 * numpy.arange(count, dtype=numpy.int64) + 1) * step + origin
    places = (2 * numpy.arange(len(photo), dtype=numpy.int64) + 1) * unit
    kernel = numpy.maximum(2 * max(step, unit) - abs(places - centres[:, None]), 0)
    sums, power = kernel.sum(1, keepdims=True), 2**21
    while power > 1 and power * (kernel / sums).max() >= 32767.5:
        power //= 2
    weights = (2 * kernel * power + sums) // (2 * sums)
    rows = [numpy.tensordot(row[row > 0], photo[row > 0], 1) for row in weights]
    return numpy.minimum((numpy.stack(rows, 1) + power // 2) // power, 255).astype(numpy.uint8)
