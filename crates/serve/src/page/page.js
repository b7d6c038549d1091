"use strict";
const find = (id) => document.getElementById(id);
const percent = (p) => (100 * p).toFixed(1) + " %";
let asked = 0;

async function ask(path, photo, accept) {
  const headers = { Accept: accept || "application/json" };
  if (find("key").value) headers.Authorization = "Bearer " + find("key").value;
  const response = await fetch(path, { method: photo ? "POST" : "GET", body: photo, headers });
  if (response.status === 401) find("key-line").hidden = false;
  const value = await response.json();
  if (!response.ok) throw new Error(value.error);
  return value;
}

async function about() {
  try {
    const model = await ask("v1/model");
    find("about").textContent = "This is a server of foliar. It tells " + model.classes.join(", ")
      + " in photos of leaves, and says unknown where it does not know. It has learned from "
      + model.train_photographs + " photos.";
  } catch (error) {
    find("more").textContent = error.message;
  }
}

function show(row) {
  find("answer").textContent = row.answer === null ? "unknown" : row.answer;
  const why = {
    "out-of-distribution": "The photo is unlike any that the classifier has learned from.",
    "low-confidence": "No class is probable enough.",
  }[row.reason] || "";
  const set = row.set && row.set.length > 1 && row.reason !== "out-of-distribution"
    ? " Likely one of " + row.set.join(", ") + "." : "";
  find("more").textContent = why + set;
  for (const { class: name, probability } of row.predictions) {
    const line = find("ranking").insertRow();
    line.insertCell().textContent = name;
    line.insertCell().textContent = percent(probability);
  }
}

async function classify() {
  const photo = find("photo").files[0];
  if (!photo) return;
  const number = ++asked;
  find("answer").textContent = "…";
  find("more").textContent = "";
  find("ranking").replaceChildren();
  find("heat").hidden = true;
  const name = "?name=" + encodeURIComponent(photo.name);
  try {
    const row = await ask("v1/predict" + name, photo);
    if (number !== asked) return;
    show(row);
    const explanation = await ask("v1/explain" + name, photo);
    if (number !== asked) return;
    find("heat").src = explanation.picture;
    find("heat").hidden = false;
  } catch (error) {
    if (number !== asked) return;
    if (find("answer").textContent === "…") find("answer").textContent = "No answer";
    find("more").textContent += " " + error.message;
  }
}

find("photo").addEventListener("change", classify);
find("key").addEventListener("change", () => about().then(classify));
find("form").addEventListener("submit", (event) => event.preventDefault());
about();
