"use strict";

// The engine of a page that asks the server it comes from. `engine.js` has the same class for a page that answers by itself.

/** The classifier of a server. */
class Engine {
  /** What the page says of it at first: a text. */
  intro = "intro_server";

  /** Asks what the classifier is, and returns that; where the server wants a key, after it was given. */
  async start() {
    for (;;) {
      try {
        const model = await this.#ask("v1/model");
        const { uncertainty, figures } = model;
        return { ...model, bundle_blake3: model.model, figures: figures ?? null, proven: uncertainty?.guaranteed };
      } catch (error) {
        if (error.status !== 401) throw error;
        part("key-line").hidden = false;
        await new Promise((given) => part("key").addEventListener("change", given, { once: true }));
      }
    }
  }

  async #ask(path, photo) {
    const headers = { Accept: "application/json" };
    if (part("key").value) headers.Authorization = `Bearer ${part("key").value}`;
    const response = await fetch(path, { method: photo ? "POST" : "GET", body: photo, headers });
    const value = await response.json();
    if (response.ok) {
      part("key-line").hidden = true;
      return value;
    }
    throw Object.assign(new Error(value.error), { status: response.status, reason: value.reason });
  }

  /** The row of a photo, with its picture where the browser can show it. */
  async predict(photo) {
    const picture = await createImageBitmap(photo.file, { imageOrientation: "from-image" }).catch(() => undefined);
    try {
      return { row: await this.#ask(`v1/predict?top=all&name=${encodeURIComponent(photo.name)}`, photo.file), picture };
    } catch (error) {
      return { row: { path: photo.name, error: error.message }, code: error.reason ?? "failed", picture };
    }
  }

  /** Where the evidence for a class is, as a picture. */
  async explain(photo, name) {
    const { picture } = await this.#ask(`v1/explain?class=${encodeURIComponent(name)}&name=${encodeURIComponent(photo.name)}`, photo.file);
    const image = new Image();
    image.src = picture;
    await image.decode();
    return image;
  }
}
