// Exports: files that the browser saves.
import * as api from "./api.js";

const ENDINGS = {json: "_poses.json", coco: "_coco.json", png: "_pose.png", dataset: "_dataset.zip"};

export async function save(session, picture, format) {
  const blob = format === "png" ? await drawn(session, picture)
    : await session.withResult(id => api.exported(id, session.corrections, format, session.name));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = session.name.replace(/\.[^.]*$/, "") + ENDINGS[format];
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  return link.download;
}

// The picture with the people as they are shown, in its own pixels.
async function drawn({url, prediction: {width, height}}, {svg, layers}) {
  const people = svg.cloneNode();
  people.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  people.setAttribute("width", width);
  people.setAttribute("height", height);
  people.removeAttribute("style");
  people.append(layers.limbs.cloneNode(true), layers.joints.cloneNode(true));
  for (const nobodys of people.querySelectorAll("[data-person='']")) nobodys.remove();
  const canvas = Object.assign(document.createElement("canvas"), {width, height});
  const text = new XMLSerializer().serializeToString(people);
  for (const source of [url, `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`]) {
    const image = Object.assign(new Image(), {src: source});
    await image.decode();
    canvas.getContext("2d").drawImage(image, 0, 0, width, height);
  }
  return new Promise(resolve => canvas.toBlob(resolve, "image/png"));
}
