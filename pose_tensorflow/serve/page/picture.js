// The picture with people on it, as SVG in the picture's pixels, and the joints that can be pointed at.
import {colourOf, ownerOf} from "./session.js";

const SVG = "http://www.w3.org/2000/svg";
const LAYERS = ["photo", "map", "limbs", "edges", "offsets", "joints", "marks"];
const SAME_DETECTION = 3; // cells, within which a detection of the same joint is that one, seen at another size
const RADIUS = {least: 2, most: 5, share: 1 / 24}; // px of the screen; of a person's size
const REACH = {mouse: 14, touch: 26}; // px of the screen

export function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

// Every joint that is drawn: {node, joint, x, y, score, number, detected}; node null: filled in, number null: nobody's.
export function jointsOf({prediction, assembly}, withFree) {
  const joints = [];
  assembly.people.forEach((person, place) => person.keypoints.forEach((point, joint) => {
    const detected = person.visibility[joint];
    if (!point || !(detected || point[2] >= prediction.score_threshold)) return;
    const [x, y, score] = point;
    joints.push({node: person.nodes[joint], joint, x, y, score, number: assembly.numbers[place], detected});
  }));
  return withFree ? joints.concat(freeDetections(prediction, assembly, joints)) : joints;
}

function freeDetections({nodes, cells}, assembly, joints) {
  return nodes.filter(({number, joint, size, position: [x, y]}) => ownerOf(assembly, number) === null && !joints.some(
    other => other.joint === joint && Math.hypot(other.x - x, other.y - y) <= SAME_DETECTION * cells[size]
  )).map(({number, joint, score, position: [x, y]}) => ({node: number, joint, x, y, score, number: null, detected: true}));
}

export class Picture {
  constructor(stage, svg) {
    Object.assign(this, {stage, svg, joints: [], selected: [], cursor: null, zoom: 1, unit: 1});
    this.layers = Object.fromEntries(LAYERS.map(name => [name, element("g", {"data-layer": name}, svg)]));
    new ResizeObserver(() => this.fit()).observe(stage);
  }

  open(session) {
    this.session = session;
    const {width, height} = session.prediction;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.layers.photo.replaceChildren(element("image", {href: session.url, width, height}));
    this.svg.toggleAttribute("hidden", false);
    this.cursor = null;
    this.selected = [];
    this.unit = 0;
    this.fit();
  }

  // Give the picture all of the room, and draw it again if that changed anything. unit: px of the picture in one of the screen
  fit() {
    if (!this.session) return;
    const {width, height} = this.session.prediction;
    const factor = Math.min(this.stage.clientWidth / width, 0.76 * window.innerHeight / height) * this.zoom;
    if (!factor || Math.abs(this.unit * factor - 1) < 1e-3) return;
    this.unit = 1 / factor;
    this.svg.style.width = `${width * factor}px`;
    this.svg.style.height = `${height * factor}px`;
    this.draw();
  }

  draw(changed = []) {
    this.joints = jointsOf(this.session, this.withFree);
    this.radii = new Map(this.session.assembly.numbers.map(number => [number, this.radiusOf(number)]));
    this.radii.set(null, Math.max(RADIUS.least * this.unit, ...this.radii.values()));
    this.drawLimbs();
    this.drawJoints();
    this.mark(changed);
  }

  // Of a person's joints, px of the picture: the joints of small people would hide them.
  radiusOf(number) {
    const own = this.joints.filter(joint => joint.number === number);
    const [xs, ys] = [own.map(({x}) => x), own.map(({y}) => y)];
    const size = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
    return Math.min(Math.max(RADIUS.least * this.unit, RADIUS.share * size), RADIUS.most * this.unit);
  }

  drawLimbs() {
    const {limbs} = this.session.prediction;
    this.layers.limbs.replaceChildren();
    for (const number of this.session.assembly.numbers) {
      const radius = this.radii.get(number);
      const own = new Map(this.joints.filter(joint => joint.number === number).map(joint => [joint.joint, joint]));
      for (const [start, end] of limbs.map(pair => pair.map(joint => own.get(joint)))) {
        if (!start || !end) continue;
        const ends = {x1: start.x, y1: start.y, x2: end.x, y2: end.y, "stroke-linecap": "round"};
        element("line", {...ends, stroke: "#fff", "stroke-width": 0.9 * radius}, this.layers.limbs);
        element("line", {...ends, stroke: colourOf(number), "stroke-width": 0.6 * radius}, this.layers.limbs);
      }
    }
  }

  drawJoints() {
    this.layers.joints.replaceChildren();
    for (const {node, x, y, number, detected} of this.joints) {
      const [colour, r] = [colourOf(number), this.radii.get(number)];
      const look = number === null ? {fill: "#fff", "fill-opacity": 0.5, stroke: colour}
        : detected ? {fill: colour, stroke: "#fff"} : {fill: "#fff", stroke: colour};
      const own = {"data-node": node ?? "", "data-person": number ?? ""};
      element("circle", {cx: x, cy: y, r, "stroke-width": (number === null ? 0.4 : 0.3) * r, ...own, ...look},
              this.layers.joints);
    }
  }

  // Rings around what is selected, where the keyboard is, and what the last step changed.
  mark(changed = []) {
    this.layers.marks.replaceChildren();
    for (const {x, y} of this.joints.filter(({node}) => node !== null && changed.includes(node))) {
      this.ring(x, y, 9, "#ffd400", {class: "changed", "stroke-width": 3 * this.unit});
    }
    for (const {x, y} of this.selected) {
      this.ring(x, y, 9, "#000", {"stroke-width": 4 * this.unit});
      this.ring(x, y, 9, "#fff", {"stroke-width": 2 * this.unit});
    }
    if (this.cursor && document.activeElement === this.svg) {
      this.ring(this.cursor.x, this.cursor.y, 13, "#fff", {"stroke-width": 4 * this.unit});
      this.ring(this.cursor.x, this.cursor.y, 13, "#0b57d0", {"stroke-width": 2 * this.unit});
    }
  }

  ring(cx, cy, r, stroke, more) {
    element("circle", {cx, cy, r: r * this.unit, fill: "none", stroke, ...more}, this.layers.marks);
  }

  // The joint at which a pointer event points, or null.
  jointAt(event) {
    const box = this.svg.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) * this.unit, (event.clientY - box.top) * this.unit];
    const reach = (REACH[event.pointerType] || REACH.mouse) * this.unit;
    return nearest(this.joints, joint => Math.hypot(joint.x - x, joint.y - y), reach);
  }

  // Move the cursor to the next joint in a direction; the first move goes to the first joint.
  move(dx, dy) {
    const from = this.cursor;
    this.cursor = from ? nearest(this.joints, joint => {
      const along = (joint.x - from.x) * dx + (joint.y - from.y) * dy;
      const aside = Math.abs((joint.x - from.x) * dy - (joint.y - from.y) * dx);
      return along > 0 ? along + 2 * aside : Infinity;
    }, Number.MAX_VALUE) || from : this.joints[0] || null;
    this.mark();
    return this.cursor;
  }

  // Select a joint, or let go of it; of more than two the last two count. Joints that were filled in cannot be selected.
  select(joint) {
    if (joint.node === null) return;
    const others = this.selected.filter(other => other.node !== joint.node);
    this.selected = others.length < this.selected.length ? others : [...others.slice(-1), joint];
    this.mark();
  }

  release() {
    this.selected = [];
    this.mark();
  }
}

function nearest(joints, distance, reach) {
  let best = null;
  for (const joint of joints) {
    const far = distance(joint);
    if (far <= reach) [best, reach] = [joint, far];
  }
  return best;
}
