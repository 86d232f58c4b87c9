// The map as it stands, as a drawing of its own: every line, dot and name with its colours written out, the legend below
// it. It asks for nothing, so that it can be opened, edited and printed anywhere.
function atlasDrawing({ P, map, words, links, whatif }) {
  const { s } = atlasKit;
  const { t, pick, linkTitle } = words;
  const PAINT = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin', 'opacity'];
  const TYPE = ['font-family', 'font-size', 'font-weight', 'font-style', 'letter-spacing', 'paint-order'];
  const USUAL = {
    'fill-opacity': '1', 'stroke-opacity': '1', 'stroke-dasharray': 'none', 'stroke-linecap': 'butt', 'stroke-linejoin': 'miter', opacity: '1',
    'font-weight': '400', 'font-style': 'normal', 'letter-spacing': 'normal', 'paint-order': 'normal',
  };
  const MARGIN = 16;
  const pen = document.createElement('canvas').getContext('2d');
  // XML has no place for most control characters and for halves of a character.
  const clean = (text) => String(text).replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');

  /* How an element looks, in words that need no style sheet. */
  function look(element, names) {
    const style = getComputedStyle(element);
    return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name)])
      .filter(([name, value]) => value && value !== USUAL[name])
      .map(([name, value]) => [name, value.replace(/(\d)px/g, '$1').replace(/"/g, "'")]));
  }

  /* The same of a layer on a canvas, which has options instead. */
  function told({ options: o }) {
    const line = o.stroke && o.weight
      ? { stroke: o.color, 'stroke-width': o.weight, 'stroke-dasharray': o.dashArray, 'stroke-linecap': o.lineCap, 'stroke-linejoin': o.lineJoin, opacity: o.opacity }
      : { stroke: 'none' };
    return { fill: o.fill ? o.fillColor || o.color : 'none', ...line };
  }

  function outline(layer) {
    const element = layer.getElement();
    if (element && element.tagName === 'path') return element.getAttribute('d');
    if (!layer._parts) {
      if (layer._empty()) return '';
      const { _point: { x, y }, _radius: r } = layer;
      return `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0z`;
    }
    return layer._parts.map((part) => `M${part.map(({ x, y }) => `${x},${y}`).join('L')}${layer instanceof L.Polygon ? 'z' : ''}`).join('');
  }

  /* What a renderer holds, in the order it is drawn. */
  function drawn(renderer) {
    const all = [];
    if (renderer instanceof L.Canvas) {
      for (let next = renderer._drawFirst; next; next = next.next) all.push(next.layer);
      return all;
    }
    const held = new Map();
    map.eachLayer((layer) => { if (layer instanceof L.Path) held.set(layer.getElement(), layer); });
    return [...renderer._rootGroup.children].map((path) => held.get(path)).filter(Boolean);
  }

  function paths() {
    const renderers = [];
    // The plan before, which a bar parts from the one that is, stays on the screen: a drawing shows one plan.
    map.eachLayer((layer) => { if (layer instanceof L.Renderer && !/^(touch|before)/.test(layer.options.pane)) renderers.push(layer); });
    const height = ({ options }) => Number(getComputedStyle(map.getPane(options.pane)).zIndex);
    const named = new Map(links.map((link) => [link.layers.line, link]));
    return renderers.sort((a, b) => height(a) - height(b)).map((renderer) => {
      const one = (layer) => {
        const d = outline(layer);
        if (!d || d === 'M0 0') return '';
        const link = named.get(layer);
        const element = layer.getElement();
        const own = element && element.tagName === 'path' ? look(element, PAINT) : told(layer);
        const { around, within, stitches, ground, opacity } = layer.options;
        const edge = (width, more) => (width ? s('path', { d, fill: 'none', stroke: ground, 'stroke-width': width, 'stroke-linejoin': 'round', opacity, ...more }) : '');
        return [
          edge(around, { 'stroke-linecap': 'round' }),
          s('path', { d, ...own, 'data-link': link && link.id }, link ? s('title', null, clean(linkTitle(link))) : ''),
          edge(within, { 'stroke-dasharray': (stitches || []).join(' ') || null }),
        ];
      };
      return s('g', { id: renderer.options.pane }, drawn(renderer).map(one));
    });
  }

  /* Names and arrows stand on a sheet of their own. */
  function names() {
    const sheet = map.getPane('names').querySelector('svg');
    const { x, y } = L.DomUtil.getPosition(sheet);
    const one = (element) => (element.tagName === 'text'
      ? s('text', { x: element.getAttribute('x'), y: element.getAttribute('y'), ...look(element, [...PAINT, ...TYPE]) }, clean(element.textContent))
      : s('path', { d: element.getAttribute('d'), transform: element.getAttribute('transform'), ...look(element, [...PAINT, 'paint-order']) }));
    return s('g', { id: 'names', transform: `translate(${x} ${y})` }, [...sheet.children].map(one));
  }

  /* The rows of the panel's legend that speak of what is shown: a sample of each line and mark, and its name. */
  function rows() {
    return [...document.querySelectorAll('.what .keys .key, .legend .toggle, .legend .key')].filter((row) => {
      const box = row.querySelector('input');
      // What operates is drawn like every sample.
      return row.querySelector('.sample') && (!box || (box.checked && box.value !== 'operating'));
    }).map((row) => {
      const sample = row.querySelector('.sample');
      const kids = [...sample.children].map((path) => s('path', { d: path.getAttribute('d'), ...look(path, PAINT) }));
      return { kids, width: Number(sample.getAttribute('width')), text: clean(row.textContent.trim()) };
    });
  }

  /* The drawing as an element, with its size. */
  function compose() {
    const root = document.documentElement;
    const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
    const font = getComputedStyle(document.body).fontFamily.replace(/"/g, "'");
    const size = map.getSize();
    const wide = size.x - 2 * MARGIN;
    const out = [];
    let y = MARGIN;
    const measure = (text, px, weight) => {
      pen.font = `${weight} ${px}px ${font}`;
      return pen.measureText(text).width;
    };
    function write(text, px, weight, tint) {
      const lines = [''];
      for (const word of clean(text).split(/\s+/)) {
        const longer = `${lines.at(-1)} ${word}`.trim();
        if (lines.at(-1) && measure(longer, px, weight) > wide) lines.push(word);
        else lines[lines.length - 1] = longer;
      }
      for (const line of lines.filter(Boolean)) {
        y += px * 1.3;
        out.push(s('text', { x: MARGIN, y: y.toFixed(1), 'font-size': px, 'font-weight': weight, fill: colour(tint) }, line));
      }
    }

    write(pick(P.title) || t('atlas'), 20, 700, 'ink');
    write(pick(P.subtitle), 13, 400, 'muted');
    if (whatif) write(whatif.headline().join(' '), 13, 600, 'ink');
    y += 12;
    const origin = map.layerPointToContainerPoint([0, 0]);
    out.push(s('svg', { y, width: size.x, height: size.y, viewBox: `0 0 ${size.x} ${size.y}`, overflow: 'hidden' },
      s('rect', { width: size.x, height: size.y, fill: getComputedStyle(map.getContainer()).backgroundColor }),
      s('g', { transform: `translate(${origin.x} ${origin.y})` }, paths(), names())));
    y += size.y + 10;
    let x = MARGIN;
    for (const { kids, width, text } of rows()) {
      const needs = width + 6 + measure(text, 12, 400);
      if (x > MARGIN && x + needs > size.x - MARGIN) {
        x = MARGIN;
        y += 20;
      }
      out.push(s('g', { transform: `translate(${x.toFixed(1)} ${y})` }, kids,
        s('text', { x: width + 6, y: 12, 'font-size': 12, fill: colour('ink') }, text)));
      x += needs + 18;
    }
    y += 22;
    write(t('year_note', { year: whatif ? whatif.view.year : P.year }), 11.5, 400, 'muted');
    write(ATLAS_CREDITS.map(([name, more]) => name + more).join(' · '), 11.5, 400, 'muted');
    write(t('disclaimer'), 11.5, 400, 'muted');
    const height = Math.ceil(y + MARGIN);
    const drawing = s('svg', { viewBox: `0 0 ${size.x} ${height}`, width: size.x, height, 'font-family': font, lang: root.lang },
      s('title', null, clean(pick(P.title) || t('atlas'))), s('rect', { width: size.x, height, fill: colour('paper') }), out);
    return { text: `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(drawing)}\n`, width: size.x, height };
  }

  return compose;
}
