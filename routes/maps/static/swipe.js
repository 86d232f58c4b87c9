/* Before and after on one map: left of a bar the plan compared with, right of it the plan as it is. */
function atlasSwipe({ map, P, links, whatif, onPane, pane, draw, renderer, scale, dress }) {
  if (!whatif) return { draw() {} };
  const { h } = atlasKit;
  const OURS = ['casings', 'lines', 'flow'];
  const container = map.getContainer();
  let layers = [], share = 0.5, bar = null, labels = [];
  [['beforecasings', 411], ['beforelines', 421]].forEach(([name, z]) => { pane(name, z); renderer[name] = draw(name); });

  function clip() {
    const { x, y } = map.getSize();
    const at = Math.round(x * share);
    const [corner, far] = [map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint([x, y])];
    const middle = corner.x + at;
    const box = (left, right) => `polygon(${left}px ${corner.y}px, ${right}px ${corner.y}px, ${right}px ${far.y}px, ${left}px ${far.y}px)`;
    OURS.forEach((name) => { map.getPane(name).style.clipPath = bar ? box(middle, far.x) : ''; });
    ['beforecasings', 'beforelines'].forEach((name) => { map.getPane(name).style.clipPath = bar ? box(corner.x, middle) : ''; });
    if (bar) {
      bar.style.left = `${at}px`;
      bar.setAttribute('aria-valuenow', String(Math.round(100 * share)));
      // A name gives way where its side is too narrow for it.
      labels[0].hidden = share < 0.25;
      labels[1].hidden = share > 0.75;
    }
  }
  function move(to) {
    share = Math.max(0.03, Math.min(0.97, to));
    clip();
  }
  function make() {
    const drag = (event) => {
      event.preventDefault();
      event.stopPropagation();
      bar.setPointerCapture(event.pointerId);
      const follow = (moved) => move((moved.clientX - container.getBoundingClientRect().left) / map.getSize().x);
      bar.addEventListener('pointermove', follow);
      ['pointerup', 'pointercancel'].forEach((type) => bar.addEventListener(type, () => bar.removeEventListener('pointermove', follow), { once: true }));
    };
    const key = (event) => {
      const by = { ArrowLeft: -0.05, ArrowRight: 0.05, Home: -1, End: 1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      move(share + by);
    };
    bar = h('div', { class: 'swipe', role: 'slider', tabindex: '0', 'aria-label': whatif.swipeLabel(), 'aria-valuemin': '0', 'aria-valuemax': '100', on: { pointerdown: drag, keydown: key } });
    labels = [h('div', { class: 'side left' }), h('div', { class: 'side right' })];
    container.append(bar, ...labels);
    L.DomEvent.disableClickPropagation(bar);
  }
  function draw_() {
    layers.forEach((layer) => layer.remove());
    layers = [];
    if (!whatif.view.swipe) {
      if (bar) [bar, ...labels].forEach((element) => element.remove());
      bar = null;
      clip();
      return;
    }
    if (!bar) make();
    const how = whatif.show() === 'change' ? 'flow' : whatif.show();
    const by = scale();
    const looks = whatif.looks(whatif.then(), how);
    links.filter((link) => link.shown).sort((a, b) => dress.QUIET.has(looks[b.at].tone) - dress.QUIET.has(looks[a.at].tone) || looks[b.at].width - looks[a.at].width).forEach((link) => {
      const { tone, width } = looks[link.at];
      const quiet = dress.QUIET.has(tone);
      const dash = dress.TONE_DASH[tone] || null;
      const weight = quiet ? width : width * by;
      if (!quiet) layers.push(L.polyline(link.points, onPane('beforecasings', { className: 'casing', smoothFactor: 0.8, weight: weight + 2 * P.style.casing })));
      layers.push(L.polyline(link.points, onPane('beforelines', { className: `line m-${link.colour} ${tone}`, smoothFactor: 0.8, weight, dashArray: dash, lineCap: dash ? 'butt' : 'round' })));
    });
    layers.forEach((layer) => layer.addTo(map));
    const [before, now] = whatif.sides();
    labels[0].textContent = before;
    labels[1].textContent = now;
    bar.setAttribute('aria-label', whatif.swipeLabel());
    clip();
  }
  map.on('move zoom viewreset resize zoomend moveend', clip);
  return { draw: draw_ };
}
