"""Classifies photos with the ONNX file beside this one: python model.onnx.py photo.jpg ..."""
import io, json, sys
import numpy, onnxruntime
from PIL import Image, ImageCms, ImageOps

session = onnxruntime.InferenceSession(__file__.removesuffix(".py"))
about = json.loads(session.get_modelmeta().custom_metadata_map["foliar"])
classes, prepare = about["classes"], about["preprocessing"]
store, resize, size, mean, std = (prepare[key] for key in ("store_side", "resize_side", "size", "mean", "std"))
for path in sys.argv[1:]:
    photo = ImageOps.exif_transpose(Image.open(path))  # upright
    if photo.info.get("icc_profile") and photo.mode == "RGB":  # the colours of iPhones
        photo = ImageCms.profileToProfile(photo, io.BytesIO(photo.info["icc_profile"]), ImageCms.createProfile("sRGB"))
    photo = photo.convert("RGBA")  # what is see-through becomes white
    photo = Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo).convert("RGB")
    if min(photo.size) > store:
        photo = photo.resize([round(side * store / min(photo.size)) for side in photo.size], Image.BILINEAR)
    (width, height), side = photo.size, min(photo.size) * size / resize
    left, top = (width - side) / 2, (height - side) / 2
    photo = photo.resize((size, size), Image.BILINEAR, (left, top, left + side, top + side))
    pixels = (numpy.asarray(photo, numpy.float32) / 255 - numpy.float32(mean)) / numpy.float32(std)
    values = session.run(None, {"tensor": pixels.transpose(2, 0, 1)[None]})
    said = dict(zip([output.name for output in session.get_outputs()], [value[0] for value in values]))
    name = classes[said["answer"]] if said["answer"] >= 0 else "unknown"
    print(path, name, dict(zip(classes, said["probabilities"].astype(float).round(4).tolist())), sep="\t")
