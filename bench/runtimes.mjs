// What onnxruntime-web (WebAssembly, one thread, in Node) says of pixels; `bench/export.py runtimes` starts it:
//     node bench/runtimes.mjs NODE_MODULES model.onnx PIXELS
// PIXELS is JSON: a list of {file, height, width}, where each file holds the bytes of uint8 [height, width, 3]. Prints a row of
// probabilities for each.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [modules, model, list] = process.argv.slice(2).map((path) => resolve(path));
const ort = createRequire(join(modules, "x"))("onnxruntime-web");
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(readFileSync(model), { executionProviders: ["wasm"] });
for (const { file, height, width } of JSON.parse(readFileSync(list, "utf8"))) {
  const image = new ort.Tensor("uint8", new Uint8Array(readFileSync(file)), [height, width, 3]);
  const { probabilities } = await session.run({ image });
  console.log(JSON.stringify([...probabilities.data]));
}
