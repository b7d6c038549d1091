"""Classifies photos with the ONNX file beside this one: python model.onnx.py photo.jpg ..."""
import io, json, sys
import numpy, onnxruntime
from PIL import Image, ImageCms, ImageOps

session = onnxruntime.InferenceSession(__file__.removesuffix(".py"))
classes = json.loads(session.get_modelmeta().custom_metadata_map["foliar"])["classes"]
for path in sys.argv[1:]:
    photo = ImageOps.exif_transpose(Image.open(path))  # upright
    if photo.info.get("icc_profile") and photo.mode == "RGB":  # the colours of iPhones
        photo = ImageCms.profileToProfile(photo, io.BytesIO(photo.info["icc_profile"]), ImageCms.createProfile("sRGB"))
    photo = photo.convert("RGBA")  # what is see-through becomes white
    photo = Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo).convert("RGB")
    values = session.run(None, {"image": numpy.asarray(photo)})
    said = dict(zip([output.name for output in session.get_outputs()], values))
    name = classes[said["answer"]] if said["answer"] >= 0 else "unknown"
    print(path, name, dict(zip(classes, said["probabilities"].astype(float).round(4).tolist())), sep="\t")
