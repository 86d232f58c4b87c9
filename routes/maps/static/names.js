/* Names and arrows over the lines: greedy placing, the important first, never one name over another. */
function atlasNames({ map, links, places, grounds, minor, scale, lit, hidden, words }) {
  const { fill, s } = atlasKit;
  const PAD = 90;
  const CELL = 8;
  const FONT = '"Segoe UI", "Noto Sans", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif';
  const container = map.getContainer();
  const sheet = s('svg', { class: 'leaflet-zoom-hide', 'aria-hidden': 'true' });
  const pen = document.createElement('canvas').getContext('2d');
  const widths = new Map();
  const meets = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  map.getPane('names').append(sheet);

  function textWidth(text, size, weight, spacing) {
    const key = `${size} ${weight} ${text}`;
    if (!widths.has(key)) {
      pen.font = `${weight} ${size}px ${FONT}`;
      widths.set(key, pen.measureText(text).width);
    }
    return widths.get(key) + spacing * text.length;
  }

  /* How much of a box lies on lines: every visible line is sampled into square cells, wide ones count more. */
  function crowding(origin) {
    const cells = new Map();
    for (const link of links) {
      if (!link.shown) continue;
      const weight = Math.max(1, link.width / 4);
      for (const part of link.layers.line._parts || []) {
        for (let i = 1; i < part.length; i++) {
          const steps = Math.ceil(part[i].distanceTo(part[i - 1]) / CELL) || 1;
          for (let k = 0; k < steps; k++) {
            const x = part[i - 1].x + ((part[i].x - part[i - 1].x) * k) / steps - origin.x;
            const y = part[i - 1].y + ((part[i].y - part[i - 1].y) * k) / steps - origin.y;
            const key = Math.floor(x / CELL) * 4096 + Math.floor(y / CELL);
            cells.set(key, Math.max(cells.get(key) || 0, weight));
          }
        }
      }
    }
    return ([x0, y0, x1, y1]) => {
      let sum = 0;
      for (let x = Math.floor(x0 / CELL); x <= Math.floor(x1 / CELL); x++) {
        for (let y = Math.floor(y0 / CELL); y <= Math.floor(y1 / CELL); y++) sum += cells.get(x * 4096 + y) || 0;
      }
      return sum;
    };
  }

  function controlBoxes() {
    const stage = container.getBoundingClientRect();
    return [...container.querySelectorAll('.leaflet-control')].map((control) => {
      const box = control.getBoundingClientRect();
      return [box.left - stage.left, box.top - stage.top, box.right - stage.left, box.bottom - stage.top].map((edge) => edge + PAD);
    });
  }

  function layOut() {
    const size = map.getSize();
    const origin = map.containerPointToLayerPoint([-PAD, -PAD]).round();
    const width = size.x + 2 * PAD, height = size.y + 2 * PAD;
    fill(sheet, { width, height }, []);
    L.DomUtil.setPosition(sheet, origin);
    const edge = [PAD + 4, PAD + 3, width - PAD - 4, height - PAD - 3];
    const within = (box) => box[0] >= edge[0] && box[1] >= edge[1] && box[2] <= edge[2] && box[3] <= edge[3];
    const spot = (where) => map.latLngToLayerPoint(where).subtract(origin);
    const now = lit();
    const pinned = now && !now.hover;
    const order = ({ place }) => place.rank + (pinned && now.keys.has(place.at) ? -1e6 : 0) + (minor.has(place.kind) && map.getZoom() < 6 ? 1e3 : 0) + (place.idle ? 2e3 : 0);
    const visible = places.filter((place) => place.shown && (!pinned || now.places.has(place.at)))
      .map((place) => ({ place, at: spot(place.where) })).filter(({ at }) => within([at.x, at.y, at.x, at.y]))
      .sort((a, b) => order(a) - order(b));
    const room = Math.max(14, Math.round((size.x * size.y) / 13000));
    const marks = visible.slice(0, room).map(({ place, at }) => [at.x - place.radius, at.y - place.radius, at.x + place.radius, at.y + place.radius, place.at]);
    const sketch = { busy: crowding(origin), within, taken: [...controlBoxes(), ...marks], out: [] };
    // A third of the places comes before the names of countries and seas, the rest takes what is left.
    visible.slice(0, Math.ceil(room / 3)).forEach((item) => putPlace(item, sketch));
    grounds.forEach((ground) => putGround(ground, spot(ground.at), sketch));
    visible.slice(Math.ceil(room / 3), room).forEach((item) => putPlace(item, sketch));
    sheet.replaceChildren(...arrows(origin, pinned ? now.links : null), ...sketch.out);
  }

  function write(text, at, best, kind, size, { taken, out }) {
    taken.push(best.box);
    const label = s('text', { x: best.x.toFixed(1), y: best.y.toFixed(1), class: kind, 'font-size': size.toFixed(1) }, text);
    out.push(Object.assign(label, { text, at }));
  }

  /* Beside, above or below its dot, wherever it hides least of the lines. */
  function putPlace({ place, at }, sketch) {
    const text = words.place(place.at);
    const big = place.rank < 12 && !place.idle;
    const size = big ? 12.5 : 11.5;
    if (sketch.out.some((other) => other.text === text && Math.hypot(other.at.x - at.x, other.at.y - at.y) < 70)) return;
    const w = textWidth(text, size, big ? 600 : 400, 0.1), gap = place.radius + 4;
    const spots = [
      [gap, 0.36, 0], [-gap - w, 0.36, 0.5], [gap - 2, -0.55, 1], [gap - 2, 1.2, 1],
      [-w - gap + 2, -0.55, 1.5], [-w - gap + 2, 1.2, 1.5], [-w / 2, -0.85, 1.6], [-w / 2, 1.75, 1.8],
    ];
    let best = null;
    for (const [dx, line, penalty] of spots) {
      const x = at.x + dx, y = at.y + line * size;
      const box = [x - 1, y - size * 0.76, x + w + 1, y + size * 0.3];
      if (!sketch.within(box) || sketch.taken.some((other) => other[4] !== place.at && meets(box, other))) continue;
      const cost = penalty + (sketch.busy(box) * CELL * CELL * 9) / ((box[2] - box[0]) * (box[3] - box[1]));
      if (!best || cost < best.cost) best = { cost, x, y, box };
    }
    if (!best || (best.cost > 9 && place.rank > 25 && map.getZoom() < 6)) return;
    write(text, at, best, big ? 'name big' : 'name', size, sketch);
  }

  /* The name of a country or sea, near its middle, as large as its land; left out where it finds no room. */
  function putGround(ground, at, sketch) {
    const spread = (Math.sqrt(ground.size) * 2 ** map.getZoom()) / 8;
    const isLand = ground.kind === 'country';
    const size = isLand ? Math.max(10, Math.min(14, 8 + spread / 22)) : 11.5;
    const text = words.ground(ground);
    const w = textWidth(text, size, 400, isLand ? size * 0.14 : 0.3);
    if (w > spread * 2.2 + 26) return;
    let best = null;
    [[0, 0], [0, 1], [0, -1], [0.5, 0], [-0.5, 0], [0.5, 1], [-0.5, -1], [-0.5, 1], [0.5, -1]].forEach(([sx, sy], order) => {
      const x = at.x - w / 2 + sx * Math.min(spread * 0.6, 90), y = at.y + sy * Math.min(spread * 0.25, 34);
      const box = [x - 3, y - size, x + w + 3, y + 4];
      if (!sketch.within(box) || sketch.taken.some((other) => meets(box, other))) return;
      const cost = sketch.busy(box) + order * 0.6;
      if (!best || cost < best.cost) best = { cost, x, y, box };
    });
    if (best && best.cost <= 9) write(text, at, best, ground.kind, size, sketch);
  }

  /* Arrows on one-way lines, one in about 170 pixels; `only` is a set of links or nothing. */
  function arrows(origin, only) {
    const made = [];
    for (const link of hidden() ? [] : links) {
      if (!link.look.heading || !link.shown || (only && !only.has(link.at))) continue;
      for (const along of link.layers.line._parts || []) {
        const part = link.look.heading > 0 ? along : [...along].reverse();
        const steps = part.map((point, i) => (i ? point.distanceTo(part[i - 1]) : 0));
        const whole = steps.reduce((sum, step) => sum + step, 0);
        const count = whole < 44 ? 0 : Math.max(1, Math.round(whole / 170));
        for (let k = 0; k < count; k++) made.push(arrow(part, steps, (whole * (k + 0.5)) / count, link, origin));
      }
    }
    return made;
  }

  function arrow(part, steps, along, link, origin) {
    let i = 1;
    while (i < part.length - 1 && along > steps[i]) along -= steps[i++];
    const from = part[i - 1], to = part[i];
    const at = from.add(to.subtract(from).multiplyBy(steps[i] ? along / steps[i] : 0)).subtract(origin);
    const turn = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
    const width = link.width * scale();
    const wide = width > 4.5;
    const reach = Math.min(width * 0.3, 3);
    const d = wide ? `M${-reach * 0.7},${-reach}L${reach * 0.7},0L${-reach * 0.7},${reach}` : 'M-3.4,-3.8L4.6,0L-3.4,3.8z';
    const transform = `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)}) rotate(${turn.toFixed(0)})`;
    return s('path', { d, class: wide ? 'chevron' : `arrow m-${link.colour} ${link.look.tone}`, transform });
  }

  return layOut;
}
