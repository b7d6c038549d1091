"use strict";

// The engine of a page that answers by itself. `server.js` has the same class for a page that asks a server; `page.js` knows neither.

/** The classifier in a worker. Requests are answered in their order, one at a time. */
class Engine {
  #worker;
  #waiting = new Map();
  #last = 0;

  /** What the page says of it at first: a text. */
  intro = "intro";

  /** Starts it with what the page holds. Nothing more is known of the classifier afterwards. */
  async start() {
    const address = URL.createObjectURL(new Blob([part("worker").textContent], { type: "text/javascript" }));
    this.#worker = new Worker(address);
    this.#worker.onmessage = ({ data }) => {
      this.#waiting.get(data.id)(data);
      this.#waiting.delete(data.id);
    };
    const broken = new Promise((_, reject) => {
      this.#worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
    });
    const take = (id) => {
      const text = part(id).textContent;
      part(id).remove();
      return text;
    };
    const started = await Promise.race([this.#ask({ kind: "start", engine: take("engine"), bundle: take("bundle"), risk: about.uncertainty?.risk ?? 0.1 }), broken]);
    if (started.failed) throw new Error(started.failed);
  }

  #ask(request, moved = []) {
    const id = ++this.#last;
    this.#worker.postMessage({ id, ...request }, moved);
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  /** The row of a photo, with its picture; by foliar's own decoders, or by the browser's for formats that those do not know. */
  async predict(photo) {
    const ask = async () => this.#ask({ kind: "predict", name: photo.name, ...(await photo.input()) });
    let answer = await ask();
    if (["unsupported", "not-a-picture"].includes(answer.code) && (await photo.decodeByBrowser())) {
      answer = { ...(await ask()), byBrowser: true };
    }
    if (answer.failed) answer = { row: { path: photo.name, error: answer.failed }, code: "failed" };
    return answer;
  }

  /** Where the evidence for a class is, as a picture. */
  async explain(photo, name) {
    const answer = await this.#ask({ kind: "explain", name: photo.name, class: about.classes.indexOf(name), ...(await photo.input()) });
    if (answer.failed) throw new Error(answer.failed);
    return answer.picture;
  }
}
