// What the people were assembled from, over the picture: score maps, offsets, edges.
import * as api from "./api.js";
import {element} from "./picture.js";
import {ownerOf} from "./session.js";

export class Layers {
  // wanted: {joint: "" or its place, size, map, offsets, edges: opacity 0..1, probability: of edges at least}
  constructor(picture) {
    this.picture = picture;
    this.shown = {};
  }

  // Draws what is wanted; the sentence that says what cannot be.
  async show(session, wanted) {
    this.session = session;
    this.wanted = wanted;
    const {layers} = this.picture;
    for (const name of ["map", "offsets", "edges"]) layers[name].setAttribute("opacity", wanted[name]);
    this.drawEdges();
    await Promise.all([this.drawMap(), this.drawOffsets()]);
    return wanted.offsets && wanted.joint === "" ? "Choose a joint to see its offsets." : "";
  }

  // Whether a layer that the server has to be asked for is another one now than before.
  isNew(name, key) {
    const before = this.shown[name];
    this.shown[name] = key;
    return before !== key;
  }

  async drawMap() {
    const {session, wanted: {joint, size, map}, picture: {layers}} = this;
    if (!map || !this.isNew("map", `${session.url} ${size} ${joint}`)) return;
    const key = this.shown.map;
    const blob = await session.withResult(id => api.scoreMap(id, size, joint));
    const image = await createImageBitmap(blob);
    if (key !== this.shown.map) return;
    const side = session.prediction.cells[size];
    URL.revokeObjectURL(this.mapUrl);
    this.mapUrl = URL.createObjectURL(blob);
    layers.map.replaceChildren(element("image", {
      href: this.mapUrl, width: image.width * side, height: image.height * side, preserveAspectRatio: "none"}));
  }

  async drawOffsets() {
    const {session, wanted: {joint, size, offsets}, picture} = this;
    if (!offsets || joint === "") {
      picture.layers.offsets.replaceChildren();
      this.shown.offsets = null;
      return;
    }
    if (!this.isNew("offsets", `${session.url} ${size} ${joint} ${picture.unit}`)) return;
    const key = this.shown.offsets;
    const entries = await session.withResult(id => api.offsets(id, joint));
    if (key !== this.shown.offsets) return;
    picture.layers.offsets.replaceChildren();
    for (const {number, expected} of entries) {
      const node = session.prediction.nodes[number];
      if (node.size !== size) continue;
      for (const place of neighbours(session.prediction, Number(joint))) this.arrow(node.position, expected[place]);
    }
  }

  arrow([x1, y1], [x2, y2]) {
    const {unit, layers: {offsets}} = this.picture;
    element("line", {x1, y1, x2, y2, stroke: "#fff", "stroke-width": 3.5 * unit}, offsets);
    element("line", {x1, y1, x2, y2, stroke: "#7a00cc", "stroke-width": 2 * unit}, offsets);
    element("circle", {cx: x2, cy: y2, r: 3.5 * unit, fill: "#7a00cc", stroke: "#fff", "stroke-width": unit}, offsets);
  }

  drawEdges() {
    const {session: {prediction, assembly}, wanted: {joint, size, edges, probability}, picture} = this;
    picture.layers.edges.replaceChildren();
    if (!edges) return;
    for (const edge of prediction.edges) {
      const [a, b] = [prediction.nodes[edge.a], prediction.nodes[edge.b]];
      const wanted = joint === "" || [a.joint, b.joint].includes(Number(joint));
      if (a.size !== size || edge.probability < probability || !wanted) continue;
      const owner = ownerOf(assembly, edge.a);
      const joined = owner !== null && owner === ownerOf(assembly, edge.b);
      element("line", {x1: a.position[0], y1: a.position[1], x2: b.position[0], y2: b.position[1],
                       stroke: joined ? "#00d068" : "#ff3b30", "stroke-width": (0.5 + 2 * edge.probability) * picture.unit},
              picture.layers.edges);
    }
  }
}

// The joints at the other ends of a joint's limbs; all, where it has none.
function neighbours({limbs, joint_names}, joint) {
  const ends = limbs.filter(limb => limb.includes(joint)).map(([a, b]) => a === joint ? b : a);
  return ends.length ? ends : joint_names.map((_, place) => place).filter(place => place !== joint);
}
