"use strict";
// Runs the engine beside the page, so that the page stays awake. One request at a time: { id, kind, ... } is answered with
// { id, ... }, or with { id, failed } where the engine ended, which a fresh one then follows.

let module;
let bundle;
let risk;
let engine;

function decoded(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < bytes.length; place += 1) bytes[place] = text.charCodeAt(place);
  return bytes;
}

/** Base64 of gzip to bytes. */
async function unpacked(base64) {
  const stream = new Blob([decoded(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A fresh engine, with the classifier opened. */
async function open() {
  engine = (await WebAssembly.instantiate(module)).exports;
  write(bundle);
  if (engine.page_open(risk)) return;
  const what = text();
  engine = undefined;
  throw new Error(what);
}

/** Hands bytes over, one after the other. */
function write(...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  let place = engine.page_reserve(length) >>> 0;
  for (const part of parts) {
    new Uint8Array(engine.memory.buffer, place, part.length).set(part);
    place += part.length;
  }
}

const output = (form) =>
  new Uint8Array(engine.memory.buffer, engine.page_output(form) >>> 0, engine.page_output_length(form));
const text = () => new TextDecoder().decode(output(0));

/** The picture as pixels that can be sent. */
function picture() {
  const pixels = new Uint8ClampedArray(output(1));
  const width = engine.page_picture_width();
  return new ImageData(pixels, width, pixels.length / 4 / width);
}

/** Reads a photo: the bytes of its file, or pixels that the browser has decoded. */
function read({ name, bytes, width, height }) {
  const letters = new TextEncoder().encode(name);
  write(new Uint8Array(bytes), letters);
  return width ? engine.page_read_pixels(letters.length, width, height) : engine.page_read(letters.length);
}

const answers = {
  async start(request) {
    [module, bundle] = await Promise.all([unpacked(request.engine).then((bytes) => WebAssembly.compile(bytes)), unpacked(request.bundle)]);
    risk = request.risk;
    await open();
    return {};
  },
  predict(request) {
    const begin = performance.now();
    if (!read(request)) return JSON.parse(text());
    engine.page_predict();
    return { ...JSON.parse(text()), picture: picture(), milliseconds: performance.now() - begin };
  },
  explain(request) {
    if (!read(request)) throw new Error(JSON.parse(text()).row.error);
    if (!engine.page_explain(request.class)) throw new Error(text());
    return { picture: picture() };
  },
};

onmessage = async ({ data: request }) => {
  let answer;
  try {
    if (!engine && module) await open();
    answer = await answers[request.kind](request);
  } catch (error) {
    // After a trap, or a stack or memory that was too small, an engine cannot be trusted. What it says itself is a plain Error.
    if (error.constructor !== Error) engine = undefined;
    answer = { failed: String(error.message ?? error) };
  }
  postMessage({ id: request.id, ...answer });
};
