"""Classifies photos with the ONNX file beside this one: python model.onnx.py photo.jpg ..."""
import io, json, sys
import numpy, onnxruntime
from PIL import Image, ImageCms, ImageOps
session = onnxruntime.InferenceSession(__file__.removesuffix(".py"))
classes = json.loads(session.get_modelmeta().custom_metadata_map["foliar"])["classes"]
for path in sys.argv[1:]:
    photo = ImageOps.exif_transpose(Image.open(path))  # upright
    if photo.mode.startswith("I"): photo = Image.fromarray(((numpy.asarray(photo).astype(int) + 128) // 257).astype("uint8"))
    if photo.info.get("icc_profile") and photo.mode == "RGB":  # the colours of iPhones
        photo = ImageCms.profileToProfile(photo, io.BytesIO(photo.info["icc_profile"]), ImageCms.createProfile("sRGB"))
    photo = Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo.convert("RGBA")).convert("RGB")
    said = dict(zip([output.name for output in session.get_outputs()], session.run(None, {"image": numpy.asarray(photo)})))
    chosen = [name for name, inside in zip(classes, said.get("set", [])) if inside]  # may be the true one
    print(path, classes[said["answer"]] if said["answer"] >= 0 else "unknown", *chosen, sep="\t")
