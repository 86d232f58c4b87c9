/* The page of the transit-route atlas. Data comes from one inert element; every text reaches the page as text. */
(() => {
  const { unpack, records, plainForm, h, s, bdi } = atlasKit;
  const RADIANS = Math.PI / 180;

  window.routesAtlas = (map, dataId) => {
    const P = JSON.parse(document.getElementById(dataId).textContent);
    const root = document.documentElement;
    const panel = document.getElementById('atlas-panel');
    const live = document.getElementById('atlas-live');
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    const places = records(P.places);
    const links = records(P.links);
    const figures = records(P.figures);
    const sources = records(P.sources);
    const corridors = records(P.corridors);
    const comparisons = P.comparisons.map((item, at) => ({ ...item, at, routes: records(item.routes) }));
    const state = {
      language: P.language, theme: 'auto', off: { colour: new Set(), goods: new Set(), status: new Set() },
      corridors: new Set(), lit: null, popup: null, opener: null, open: new Set(),
    };

    links.forEach((link) => {
      link.id = link.id.replace('*', `${places[link.from].id}-${places[link.to].id}`);
      link.points = unpack(link.line, 1000);
    });
    places.forEach((place) => { place.links = []; place.where = L.latLng(place.lat, place.lon); });
    links.forEach((link) => [link.from, link.to].forEach((end) => places[end].links.push(link)));

    const words = atlasWords({ P, places, language: () => state.language });
    const { t, term, pick, locale, number, many, country, placeName, shortName, linkTitle, km, capacity, modeName } = words;
    const say = (text) => { live.textContent = text; };

    /* panes: ground below everything stock layers use, names above */
    const pane = (name, z, events) => {
      const made = map.createPane(name);
      made.style.zIndex = z;
      if (!events) made.style.pointerEvents = 'none';
      return name;
    };
    ['ground', 'casings', 'lines', 'flow', 'dots', 'names'].forEach((name, i) => pane(name, [150, 410, 420, 430, 440, 460][i]));
    pane('touch', 450, true);
    const draw = (name) => (P.canvas && name !== 'ground' ? L.canvas : L.svg)({ pane: name, padding: 0.35 });
    const renderer = Object.fromEntries(['ground', 'casings', 'lines', 'flow', 'dots', 'touch'].map((name) => [name, draw(name)]));
    const onPane = (name, options) => ({ pane: name, renderer: renderer[name], interactive: false, ...options });
    const colour = (name) => (P.canvas ? getComputedStyle(root).getPropertyValue(`--${name}`).trim() : undefined);

    /* ground */
    const rings = (packed) => packed.split('.').map((ring) => unpack(ring, P.base.per_degree));
    records(P.base.countries).forEach((land) => {
      if (!land.rings) return;
      const kind = land.code === P.base.home ? 'land home' : 'land';
      L.polygon(rings(land.rings), onPane('ground', { className: kind, smoothFactor: 0.6 })).addTo(map);
    });
    P.base.lakes.forEach((lake) => L.polygon(rings(lake), onPane('ground', { className: 'lake' })).addTo(map));
    const grounds = [
      ...records(P.base.labels).map((land) => ({ names: land.names, at: L.latLng(land.lat, land.lon), size: land.size, kind: 'country' })),
      ...records(P.base.seas).map((sea) => ({ key: `sea.${sea.key}`, at: L.latLng(sea.lat, sea.lon), size: 160, kind: 'water' })),
    ].sort((a, b) => b.size - a.size);

    /* view */
    const FLAT = 8;
    function fit(points, { animate = false, closest = 8.5, margin = 36 } = {}) {
      if (!points.length) return;
      const box = L.bounds(points.map((point) => map.project(point, FLAT)));
      const room = map.getSize().subtract([2 * margin, 2 * margin]);
      const size = box.getSize();
      const zoom = FLAT + Math.log2(Math.min(Math.max(room.x, 80) / Math.max(size.x, 1), Math.max(room.y, 80) / Math.max(size.y, 1)));
      const snapped = Math.min(closest, Math.max(map.getMinZoom(), Math.floor(zoom * 4) / 4));
      map.setView(map.unproject(box.getCenter(), FLAT), snapped, { animate: animate && !still.matches });
    }
    function home(options) {
      if (!P.view) return fit([...links.flatMap((link) => link.points), ...places.map((place) => place.where)], options);
      const [west, south, east, north] = P.view;
      const edge = [0, 0.25, 0.5, 0.75, 1].flatMap((f) => [
        [south, west + f * (east - west)], [north, west + f * (east - west)], [south + f * (north - south), west], [south + f * (north - south), east],
      ]);
      return fit(edge, { ...options, margin: 8 });
    }

    /* lines and dots */
    // Far out, lines of full width would hide the map; the legend's samples follow.
    const scale = () => Math.max(0.4, Math.min(1, 0.2 * map.getZoom() - 0.15));
    // Besides colour, so that a print in grey still tells them apart: rails are stitched, roads doubled, gas is dotted.
    const inner = (key) => ({ rail: { width: 0.24, dash: '8 5' }, road: { width: 0.4 }, gas: { width: 0.3, dash: '1.5 6' } }[key]);
    const ordered = [...links].sort((a, b) => b.width - a.width || a.at - b.at);
    for (const link of ordered) {
      const dash = P.style.dashes[link.status] || null;
      const line = (paneName, options) => L.polyline(link.points, onPane(paneName, { smoothFactor: 0.8, ...options }));
      link.layers = { casing: line('casings', { className: 'casing', color: colour('casing') }) };
      link.layers.line = line('lines', { className: `line m-${link.colour}`, dashArray: dash, lineCap: dash ? 'butt' : 'round', color: colour(`m-${link.colour}`) });
      if (inner(link.colour) && !dash && link.width > 2.4) {
        link.layers.inner = line('lines', { className: 'inner', dashArray: inner(link.colour).dash, lineCap: 'butt', color: colour('casing') });
      }
      link.layers.hit = line('touch', { className: 'hit', opacity: 0, interactive: true, weight: Math.max(link.width + 8, 14) });
      link.layers.hit.on({
        click: (event) => { L.DomEvent.stopPropagation(event); openLink(link, event.latlng); },
        mouseover: () => light([link], { hover: true }), mouseout: () => unlight(true),
        mousemove: (event) => hint(event.latlng, () => [bdi(linkTitle(link)), h('br'), `${modeName(link.colour)} · ${capacity(link)}`]),
      });
    }
    function weigh() {
      const by = scale();
      document.querySelectorAll('.sample [data-px]').forEach((path) => path.setAttribute('stroke-width', path.dataset.px * by + Number(path.dataset.more || 0)));
      places.forEach((place) => place.dot.setRadius(place.radius * (0.5 + by / 2)));
      for (const { layers, width, colour: key } of links) {
        layers.casing.setStyle({ weight: width * by + 2 * P.style.casing });
        layers.line.setStyle({ weight: width * by });
        if (layers.inner) layers.inner.setStyle({ weight: Math.max(0.7, width * by * inner(key).width) });
      }
    }

    const SHAPE = { port: 'square', terminal: 'square', dry_port: 'square', field: 'triangle', refinery: 'hexagon', border: 'diamond', market: 'ring' };
    const MINOR = new Set(['junction', 'pump_station']);
    const corners = { square: [4, 45], diamond: [4, 0], triangle: [3, -90], hexagon: [6, 0] };
    function outline(shape, x, y, r) {
      const [count, turn] = corners[shape] || [0, 0];
      if (!count) return `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0z`;
      const reach = r * (shape === 'triangle' ? 1.35 : shape === 'square' ? 1.2 : 1.18);
      const points = Array.from({ length: count }, (_, i) => (turn + (360 / count) * i) * RADIANS)
        .map((angle) => `${(x + reach * Math.cos(angle)).toFixed(1)},${(y + reach * Math.sin(angle)).toFixed(1)}`);
      return `M${points.join('L')}z`;
    }
    const Dot = L.CircleMarker.extend({
      _updatePath() {
        if (P.canvas) return this._renderer._updateCircle(this);
        const { x, y } = this._point;
        return this._renderer._setPath(this, outline(SHAPE[this.options.kind], x, y, this._radius));
      },
    });
    for (const place of places) {
      const shape = SHAPE[place.kind] || (MINOR.has(place.kind) ? 'minor' : 'round');
      place.radius = shape === 'minor' ? 2 : shape === 'round' ? 3 : 3.8;
      place.dot = new Dot(place.where, onPane('dots', { kind: place.kind, radius: place.radius, className: `dot ${shape}`, color: colour('ink'), fillColor: colour('casing'), fillOpacity: 1, weight: 1.2 }));
      place.hit = L.circleMarker(place.where, onPane('touch', { radius: 10, opacity: 0, fillOpacity: 0, interactive: true, className: 'hit' }));
      place.hit.on({
        click: (event) => { L.DomEvent.stopPropagation(event); openPlace(place); },
        mouseover: () => hint(place.where, () => [bdi(pick(place.names)), h('br'), `${term('kind', place.kind || 'place')} · ${country(place.country)}`]),
        mouseout: () => map.closeTooltip(tip),
      });
    }
    const tip = L.tooltip({ direction: 'top', offset: [0, -10], className: 'tip' });
    function hint(where, content) {
      if (P.canvas || !matchMedia('(hover: none)').matches) tip.setLatLng(where).setContent(h('span', null, content())).openOn(map);
    }

    const shownLink = (link) => !state.off.colour.has(link.colour) && !state.off.status.has(link.status)
      && link.commodities.some((goods) => !state.off.goods.has(goods))
      && (!state.corridors.size || [...state.corridors].some((at) => corridors[at].links.includes(link.at)));
    const endpoint = (place) => comparisons.some(({ origin, destination }) => place.at === origin || place.at === destination);
    const shownPlace = (place) => !place.links.length || endpoint(place) || place.links.some((link) => link.shown);
    function redraw() {
      const all = [...links.flatMap((link) => Object.values(link.layers)), ...places.flatMap((place) => [place.dot, place.hit])];
      all.forEach((layer) => layer.remove());
      links.forEach((link) => { link.shown = shownLink(link); });
      places.forEach((place) => { place.shown = shownPlace(place); });
      weigh();
      ordered.filter((link) => link.shown).forEach((link) => Object.values(link.layers).forEach((layer) => layer.addTo(map)));
      places.filter((place) => place.shown).sort((a, b) => b.rank - a.rank).forEach((place) => { place.dot.addTo(map); place.hit.addTo(map); });
      layOut();
      fillTable();
    }

    const layOut = atlasNames({
      map, links, places, grounds, minor: MINOR, scale, lit: () => state.lit,
      words: { place: shortName, ground: ({ key, names }) => (key ? t(key) : pick(names).toLocaleUpperCase(locale())) },
    });

    /* lighting a route, a corridor or a line */
    const container = map.getContainer();
    let stream = [];
    function light(chosen, { hover = false, keys = [], route = null } = {}) {
      if (hover && state.lit && !state.lit.hover) return;
      dim(false);
      const at = new Set(chosen.map((link) => link.at));
      const ends = new Set(chosen.flatMap((link) => [link.from, link.to]));
      state.lit = { chosen, route, links: at, places: ends, keys: new Set(keys.length ? keys : ends), hover };
      dim(true);
      if (route) streamAlong(chosen, route);
      if (!hover) layOut();
    }
    function dim(on) {
      if (!state.lit) return;
      container.classList.toggle('is-lit', on && !state.lit.hover);
      for (const link of links) {
        if (!state.lit.links.has(link.at)) {
          if (P.canvas && !state.lit.hover) link.layers.line.setStyle({ opacity: on ? 0.15 : 1 });
          continue;
        }
        Object.values(link.layers).forEach((layer) => { const path = layer.getElement && layer.getElement(); if (path) path.classList.toggle('lit', on); });
      }
      for (const at of state.lit.places) { const path = places[at].dot.getElement && places[at].dot.getElement(); if (path) path.classList.toggle('lit', on); }
    }
    function streamAlong(chosen, route) {
      stream.forEach((layer) => layer.remove());
      weigh();
      stream = chosen.map((link, i) => {
        const forth = link.from === route.places[i];
        const bold = Math.max(link.width * scale(), 4.5);
        if (link.shown) { link.layers.line.setStyle({ weight: bold }); link.layers.casing.setStyle({ weight: bold + 2 * P.style.casing }); }
        return L.polyline(forth ? link.points : [...link.points].reverse(), onPane('flow', { className: 'flow', weight: 1.8, color: colour('casing') })).addTo(map);
      });
    }
    function unlight(hover = false) {
      if (hover) map.closeTooltip(tip);
      if (!state.lit || (hover && !state.lit.hover)) return;
      dim(false);
      state.lit = null;
      if (stream.length) weigh();
      stream.forEach((layer) => layer.remove());
      stream = [];
      if (!hover) layOut();
    }

    /* popups */
    const popup = L.popup({ minWidth: 270, maxWidth: 340, autoPanPadding: [20, 20], className: 'card' });
    function show(where, build, label) {
      state.popup = { where, build };
      if (!popup.isOpen()) state.opener = document.activeElement;
      map.closeTooltip(tip);
      popup.options.maxHeight = Math.max(180, map.getSize().y - 90);
      const content = h('article', { tabindex: '-1', 'aria-label': label }, build());
      popup.setLatLng(where).setContent(content).openOn(map);
      const close = popup.getElement().querySelector('.leaflet-popup-close-button');
      if (close) close.setAttribute('aria-label', t('close'));
      content.focus({ preventScroll: true });
    }
    map.on('popupclose', (event) => {
      if (event.popup !== popup) return;
      state.popup = null;
      unlight(true);
      if (state.opener && state.opener.isConnected && state.opener !== document.body) state.opener.focus({ preventScroll: true });
    });
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      if (popup.isOpen()) map.closePopup(popup); else release();
    });
    function release() {
      state.pinned = null;
      unlight();
    }

    const { linkCard, placeCard, outLink } = atlasCards({ words, figures, sources, openLink: (link) => openLink(link) });
    function openLink(link, where, zoom) {
      if (zoom) fit(link.points, { closest: 7 });
      const middle = where || L.latLng(link.points[Math.floor(link.points.length / 2)]);
      show(middle, () => linkCard(link), linkTitle(link));
      light([link], { hover: true });
    }
    function openPlace(place, zoom) {
      if (zoom) map.setView(place.where, Math.max(map.getZoom(), 6), { animate: false });
      show(place.where, () => placeCard(place), pick(place.names));
    }

    /* search */
    const index = [
      ...places.map((place) => ({ kind: 'place', record: place, words: [place.id, place.unlocode, ...[place.names].flat()] })),
      ...corridors.map((corridor) => ({ kind: 'corridor', record: corridor, words: [corridor.id, ...corridor.names] })),
      ...links.map((link) => ({ kind: 'link', record: link, words: [link.id, link.name, ...P.languages.map((_, i) => [link.from, link.to].map((end) => [places[end].names].flat()[i] || [places[end].names].flat()[0]).join(' '))] })),
    ].map((entry) => ({ ...entry, words: entry.words.filter(Boolean).map(plainForm) }));
    function matches(query) {
      const asked = plainForm(query.trim());
      if (!asked) return [];
      const wanted = asked.split(/[\s–-]+/);
      const rank = (word) => {
        if (word.startsWith(asked)) return 0;
        const parts = word.split(/[\s(–:/-]+/);
        return wanted.every((want) => parts.some((part) => part.startsWith(want))) ? 1 : word.includes(asked) ? 2 : 9;
      };
      const score = ({ words }) => Math.min(...words.map(rank));
      return index.map((entry, order) => ({ entry, order, score: score(entry) })).filter((found) => found.score < 9)
        .sort((a, b) => a.score - b.score || a.order - b.order).slice(0, 9).map((found) => found.entry);
    }
    const entryLabel = ({ kind, record }) => (kind === 'link' ? linkTitle(record) : pick(record.names));
    const entryNote = ({ kind, record }) => (kind === 'link' ? modeName(record.colour) : kind === 'place' ? `${term('kind', record.kind || 'place')}, ${country(record.country)}` : t('corridor'));
    function go({ kind, record }) {
      if (kind === 'link') openLink(record, null, true);
      else if (kind === 'place') openPlace(record, true);
      else showCorridor(record);
    }
    function showCorridor(corridor) {
      const members = corridor.links.map((at) => links[at]);
      light(members);
      fit(members.flatMap((link) => link.points), { animate: true });
      say(pick(corridor.names));
    }
    function searchBox() {
      const list = h('ul', { role: 'listbox', id: 'found', hidden: true, 'aria-label': t('search') });
      const input = h('input', { type: 'search', id: 'search', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'found', 'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false', placeholder: t('search_hint') });
      let found = [], active = 0;
      const close = () => { list.hidden = true; input.setAttribute('aria-expanded', 'false'); input.removeAttribute('aria-activedescendant'); };
      const choose = (at) => { if (found[at]) { close(); input.value = entryLabel(found[at]); go(found[at]); } };
      const paint = () => {
        list.replaceChildren(...found.map((entry, i) => h('li', { role: 'option', id: `found-${i}`, 'aria-selected': String(i === active), on: { mousedown: (event) => { event.preventDefault(); choose(i); } } }, bdi(entryLabel(entry)), h('small', null, entryNote(entry)))));
        if (!found.length) list.replaceChildren(h('li', { class: 'faint' }, t('nothing_found')));
        list.hidden = !input.value.trim();
        input.setAttribute('aria-expanded', String(!list.hidden));
        if (found.length) input.setAttribute('aria-activedescendant', `found-${active}`);
      };
      input.addEventListener('input', () => { found = matches(input.value); active = 0; paint(); say(t('found', { n: found.length })); });
      input.addEventListener('blur', close);
      input.addEventListener('keydown', (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step && found.length) { event.preventDefault(); active = (active + step + found.length) % found.length; paint(); }
        else if (event.key === 'Enter') { event.preventDefault(); choose(active); }
        else if (event.key === 'Escape') close();
      });
      return h('div', { class: 'search' }, h('label', { for: 'search', class: 'sr' }, t('search')), input, list);
    }

    /* comparisons */
    function routeWay(route) {
      return route.via.length ? t('via', { x: route.via.map(shortName).join(' – ') }) : t('direct');
    }
    const litBy = (item, route) => () => light(route.links.map((at) => links[at]), { route, keys: [item.origin, item.destination, ...route.via] });
    function routeCard(item, route, longest) {
      const gas = item.commodity === 'gas';
      const least = (key) => Math.min(...item.routes.map((other) => (other[key] === null ? Infinity : other[key])));
      const best = (key) => item.routes.length > 1 && route[key] !== null && route[key] === least(key);
      const fact = (label, value, strong) => h('div', { class: strong ? 'best' : '' }, h('dt', null, label), h('dd', null, value));
      const holds = route.capacity === null ? t('unlimited') : number(route.capacity / 1000);
      const named = pick(item.names[route.at] || '');
      const narrow = Array.isArray(route.bottleneck) ? (route.bottleneck[0] === 'link' ? linkTitle(links[route.bottleneck[1]]) : placeName(route.bottleneck[1])) : route.bottleneck;
      const changes = [t('mode_changes', { n: route.transfers }), item.commodity === 'gas' || item.commodity === 'crude' && !route.gauge_breaks ? '' : t('gauge_changes', { n: route.gauge_breaks })].filter(Boolean).join(' · ');
      const zoom = () => { state.pinned = litBy(item, route); state.pinned(); fit(route.links.flatMap((at) => links[at].points), { animate: true }); say(named || routeWay(route)); };
      const leave = () => (state.pinned ? state.pinned() : unlight());
      return h('li', { class: 'route', on: { mouseenter: litBy(item, route), mouseleave: leave, focusin: litBy(item, route), focusout: leave } },
        h('button', { type: 'button', class: 'way', on: { click: zoom } }, h('span', { class: 'rank' }, String(route.rank)), bdi(named || routeWay(route))),
        named ? h('p', { class: 'faint' }, bdi(routeWay(route))) : '',
        h('div', { class: 'strip', 'aria-hidden': 'true', css: { width: `${(100 * route.km) / longest}%` } }, route.legs.map(([mode, length]) => h('i', { class: `m-${gas ? 'gas' : mode}`, css: { 'flex-grow': length } }))),
        h('dl', { class: 'facts' },
          route.cost === null ? '' : fact(t(gas ? 'head.usd_gas' : 'head.usd_t'), number(route.cost < 10 ? route.cost : Math.round(route.cost), 2), best('cost')),
          route.days === null ? '' : fact(t('head.days'), number(route.days, 2), best('days')), fact(t('head.km'), number(Math.round(route.km), 4), best('km')),
          fact(t(gas ? 'head.bcm' : 'head.mt'), [holds, route.teu ? h('small', null, t('unit.TEU', { n: many(route.teu) })) : ''], false)),
        h('p', null, narrow ? [h('span', { class: 'faint' }, `${t('narrowest')} `), bdi(narrow), h('br')] : '',
          h('span', { class: 'faint' }, `${t('crosses')} `), route.countries.map(([code, length], i) => [i ? ', ' : '', country(code), length >= 1 ? h('span', { class: 'faint' }, ` ${km(length)}`) : '']), h('br'),
          h('span', { class: 'faint' }, changes)));
    }
    function comparisonPart(item) {
      const longest = Math.max(...item.routes.map((route) => route.km));
      return h('section', { class: 'comparison' },
        h('h2', null, bdi(pick(item.title))),
        h('p', { class: 'faint' }, item.origin !== null && item.destination !== null ? [bdi(placeName(item.origin)), ' → ', bdi(placeName(item.destination)), ' · '] : '', [term('goods', item.commodity), term('by', item.by), item.routes.length > 1 ? t('best') : ''].filter(Boolean).join(' · ')),
        pick(item.note) ? h('p', null, bdi(pick(item.note))) : '',
        item.routes.length ? h('ol', { class: 'routes' }, item.routes.map((route) => routeCard(item, route, longest))) : '',
        item.reason ? h('p', { class: 'reason' }, bdi(item.reason)) : '');
    }

    /* legend and layers */
    function sample(key, { dash = '', width = 4, plain = false, scaled = false } = {}) {
      const line = (cls, w, d, more) => s('path', { d: 'M1,8H35', class: cls, fill: 'none', 'stroke-width': scaled ? width * scale() + (more || 0) : w, 'stroke-dasharray': d || null, 'data-px': scaled && width, 'data-more': scaled && more });
      const pattern = plain ? null : inner(key);
      return s('svg', { width: 36, height: 16, class: 'sample', 'aria-hidden': 'true' }, line('casing', width + 2, '', 2), line(key ? `line m-${key}` : 'line', width, dash), pattern ? line('inner', width * pattern.width, pattern.dash) : '');
    }
    function toggles(group, title, keys, label, mark) {
      if (keys.length < 1) return '';
      return h('fieldset', null, h('legend', null, title), keys.map((key) => h('label', { class: 'toggle' },
        h('input', { type: 'checkbox', name: group, value: key, checked: !state.off[group].has(key), on: { change: (event) => toggle(group, key, event.target.checked) } }),
        mark(key), h('span', null, label(key)))));
    }
    function toggle(group, key, on) {
      state.off[group][on ? 'delete' : 'add'](key);
      refresh();
    }
    function refresh() {
      map.closePopup(popup);
      release();
      redraw();
      say(t('lines_shown', { n: links.filter((link) => link.shown).length, all: links.length }));
    }
    const present = (order, values) => { const seen = new Set(values); return [...order.filter((key) => seen.has(key)), ...[...seen].filter((key) => !order.includes(key)).sort()]; };
    function dotSample(kind) {
      const shape = SHAPE[kind] || (MINOR.has(kind) ? 'minor' : 'round');
      return s('svg', { width: 16, height: 16, class: 'sample', 'aria-hidden': 'true' }, s('path', { d: outline(SHAPE[kind], 8, 8, shape === 'minor' ? 2.4 : 4), class: `dot ${shape}` }));
    }
    function legendPart() {
      const colours = present(['pipeline', 'gas', ...P.style.modes.slice(1)], links.map((link) => link.colour));
      const goods = present(P.style.commodities, links.flatMap((link) => link.commodities));
      const statuses = present(Object.keys(P.style.dashes), links.map((link) => link.status));
      const kinds = present(['port', 'terminal', 'dry_port', 'field', 'refinery', 'border', 'market', 'station', 'junction', 'pump_station'], places.map((place) => place.kind).filter(Boolean));
      const tonnesHere = links.some((link) => !link.gas && link.capacity !== null);
      const gasHere = links.some((link) => link.gas && link.capacity !== null);
      const widthRow = (w, label) => h('div', { class: 'key' }, sample('', { width: w, plain: true, scaled: true }), h('span', null, label));
      const sameKinds = (kind) => ['port', 'terminal', 'dry_port'].includes(kind) ? 'square' : MINOR.has(kind) ? 'minor' : SHAPE[kind] || 'round';
      const shapes = [...new Set(kinds.map(sameKinds))].map((shape) => kinds.filter((kind) => sameKinds(kind) === shape));
      return h('section', { class: 'legend' }, h('h2', null, t('legend')),
        toggles('colour', t('by_mode'), colours, modeName, (key) => sample(key)),
        toggles('status', t('by_status'), statuses, (key) => term('status', key), (key) => sample('', { dash: P.style.dashes[key], width: 3, plain: true })),
        toggles('goods', t('by_goods'), goods, (key) => term('goods', key), () => ''),
        h('fieldset', null, h('legend', null, t('width')), tonnesHere ? h('div', null, P.style.samples.map(([mt, w]) => widthRow(w, t('unit.Mt/yr', { n: number(mt) })))) : '',
          h('div', null, gasHere ? P.style.gas_samples.map(([bcm, w]) => widthRow(w, t('unit.bcm/yr', { n: number(bcm) }))) : '',
          links.some((link) => link.capacity === null) ? widthRow(P.style.unlimited, t('unlimited')) : '',
          links.some((link) => link.one_way) ? h('div', { class: 'key' }, s('svg', { width: 36, height: 16, class: 'sample', 'aria-hidden': 'true' }, s('path', { d: 'M1,8H35', class: 'line', fill: 'none', 'stroke-width': 2 }), s('path', { d: 'M14,3L24,8L14,13z', class: 'arrow' })), h('span', null, t('arrow'))) : '')),
        h('fieldset', null, h('legend', null, t('marks')), shapes.map((group) => h('div', { class: 'key' }, dotSample(group[0]), h('span', null, group.map((kind) => term('kind', kind)).join(', '))))),
        corridors.length ? fold('corridors', t('only_corridors'), () => h('div', { class: 'corridors' }, corridors.map((corridor) => h('label', { class: 'toggle' },
          h('input', { type: 'checkbox', name: 'corridor', value: corridor.id, checked: state.corridors.has(corridor.at), on: { change: (event) => { state.corridors[event.target.checked ? 'add' : 'delete'](corridor.at); refresh(); } } }), bdi(pick(corridor.names)))))) : '');
    }

    /* folds, filled when first opened */
    function fold(key, title, build) {
      const body = h('div');
      const open = state.open.has(key);
      const fillBody = () => { if (!body.firstChild) body.append(...[build()].flat()); };
      if (open) fillBody();
      return h('details', { id: `fold-${key}`, open, on: { toggle: (event) => { state.open[event.target.open ? 'add' : 'delete'](key); if (event.target.open) fillBody(); } } }, h('summary', null, title), body);
    }
    let tableBody = null;
    function tablePart() {
      tableBody = h('tbody');
      const made = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('table') }, h('table', null,
        h('thead', null, h('tr', null, ['line', 'carried_by', 'capacity', 'length'].map((key) => h('th', { scope: 'col' }, t(key))))), tableBody));
      fillTable();
      return [h('p', null, h('button', { type: 'button', class: 'button', on: { click: download } }, t('download'))), made];
    }
    const tableLinks = () => links.filter((link) => link.shown).sort((a, b) => linkTitle(a).localeCompare(linkTitle(b), locale()));
    function fillTable() {
      if (!tableBody) return;
      tableBody.replaceChildren(...tableLinks().map((link) => h('tr', null, h('th', { scope: 'row' }, h('button', { type: 'button', class: 'plain', on: { click: () => openLink(link, null, true) } }, bdi(linkTitle(link)))),
        h('td', null, modeName(link.colour), link.status === 'operating' ? '' : h('small', null, term('status', link.status))), h('td', null, capacity(link)), h('td', null, link.km === null ? '' : km(link.km)))));
    }
    function download() {
      // A cell that begins like a formula would be run by a spreadsheet; an apostrophe keeps it text.
      const cell = (value) => { const text = String(value === null || value === undefined ? '' : value); return `"${(typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replace(/"/g, '""')}"`; };
      const columns = ['id', 'from', 'to', 'mode', 'commodities', 'status', 'stated', 'capacity', 'km', 'days', 'cost', 'countries', 'note'];
      const value = (link, column) => (column === 'from' || column === 'to' ? placeName(link[column]) : Array.isArray(link[column]) ? link[column].join(';') : link[column]);
      const text = [columns.join(','), ...tableLinks().map((link) => columns.map((column) => cell(value(link, column))).join(','))].join('\r\n');
      const url = URL.createObjectURL(new Blob(['\ufeff', text], { type: 'text/csv' }));
      h('a', { href: url, download: 'lines.csv' }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    }
    const sourcesPart = () => h('ol', { class: 'sources' }, sources.map((source) => {
      const cited = figures.filter((figure) => figure.source === source.at);
      const confidence = [...new Set(cited.map((figure) => figure.confidence).filter(Boolean))].map((word) => term('confidence', word));
      return h('li', null, outLink(source.url, source.title || source.publisher), h('span', { class: 'faint' }, ` · ${[source.publisher, source.date === 'n.d.' ? t('no_date') : source.date, ...confidence].filter(Boolean).join(' · ')}`));
    }));

    /* panel */
    function choices(name, label, values, current, choose, content) {
      return h('div', { class: 'choices', role: 'group', 'aria-label': label }, values.map((value) => h('button', { type: 'button', id: `${name}-${value}`, 'aria-pressed': String(value === current), lang: name === 'language' ? value : null, title: content(value)[1] || null, 'aria-label': content(value)[1] || null, on: { click: () => choose(value) } }, content(value)[0])));
    }
    const ICON = { auto: 'M8,2a6,6 0 1,0 0,12z M8,1.2a6.8,6.8 0 1,1 -.01,0z M8,2.4a5.6,5.6 0 1,0 .01,0z', light: 'M8,4.6a3.4,3.4 0 1,1 -.01,0z M7.4,0.6h1.2v2.2h-1.2z M7.4,13.2h1.2v2.2h-1.2z M0.6,7.4h2.2v1.2h-2.2z M13.2,7.4h2.2v1.2h-2.2z M2.3,3.2l.9-.9 1.6,1.6-.9.9z M11.2,12.1l.9-.9 1.6,1.6-.9.9z M3.2,13.7l-.9-.9 1.6-1.6.9.9z M12.1,4.8l-.9-.9 1.6-1.6.9.9z', dark: 'M6,1.6a6.6,6.6 0 1,0 8.6,8.4a5.6,5.6 0 0,1 -8.6,-8.4z' };
    const icon = (name) => s('svg', { viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' }, s('path', { d: ICON[name], 'fill-rule': 'evenodd', fill: 'currentColor' }));
    function setTheme(theme) {
      state.theme = theme;
      if (theme === 'auto') delete root.dataset.theme; else root.dataset.theme = theme;
      build(`theme-${theme}`);
    }
    function setLanguage(language) {
      state.language = language;
      build(`language-${language}`);
      redraw();
      if (state.popup) show(state.popup.where, state.popup.build, '');
      const button = document.getElementById(`language-${language}`);
      if (button && !state.popup) button.focus({ preventScroll: true });
    }
    const CREDITS = [['© OpenStreetMap contributors (ODbL)', 'https://www.openstreetmap.org/copyright'], ['Natural Earth', 'https://www.naturalearthdata.com/'], ['GeoNames (CC BY 4.0)', 'https://www.geonames.org/'], ['Leaflet 1.9.4', 'https://leafletjs.com/']];
    const credits = (short) => CREDITS.map(([name, url], i) => [i ? ' · ' : '', h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, short ? name.replace(/ \(.*\)| 1\.9\.4/, '') : name)]);
    function build(focus) {
      root.lang = state.language;
      document.title = pick(P.title) || t('atlas');
      tableBody = null;
      panel.replaceChildren(h('div', { class: 'top' },
        h('div', { class: 'tools' },
          choices('language', t('language'), P.languages, state.language, setLanguage, (value) => [t(`language.${value}`)]),
          choices('theme', t('theme'), ['auto', 'light', 'dark'], state.theme, setTheme, (value) => [icon(value), t(`theme.${value}`)])),
        P.index ? h('p', { class: 'back' }, h('a', { href: 'index.html' }, `← ${t('all_maps')}`)) : '',
        h('h1', null, bdi(pick(P.title) || t('atlas'))), pick(P.subtitle) ? h('p', { class: 'subtitle' }, bdi(pick(P.subtitle))) : '', searchBox()),
      ...comparisons.map(comparisonPart), legendPart(),
      P.notes.length ? h('section', null, h('h2', null, t('notes')), P.notes.map((note) => h('p', null, bdi(pick(note))))) : '',
      h('section', { class: 'folds' }, fold('table', t('table_n', { n: links.length }), tablePart), sources.length ? fold('sources', t('sources_n', { n: sources.length }), sourcesPart) : ''),
      h('footer', null, h('p', null, t('disclaimer')), h('p', null, t('year_note', { year: P.year })), h('p', null, credits(false))));
      container.setAttribute('aria-label', t('map_label'));
      container.setAttribute('role', 'region');
      document.querySelector('.skip').textContent = t('skip');
      const titles = { in: t('zoom_in'), out: t('zoom_out'), home: t('zoom_home') };
      Object.entries(titles).forEach(([name, title]) => { const button = container.querySelector(`.leaflet-control-zoom-${name}`); if (button) { button.title = title; button.setAttribute('aria-label', title); } });
      if (focus) { const button = document.getElementById(focus); if (button) button.focus({ preventScroll: true }); }
    }

    /* controls and start */
    L.control.zoom().addTo(map);
    const whole = h('a', { class: 'leaflet-control-zoom-home', href: '#', role: 'button', on: { click: (event) => { event.preventDefault(); release(); home({ animate: true }); } } },
      s('svg', { viewBox: '0 0 16 16', width: 14, height: 14, 'aria-hidden': 'true' }, s('path', { d: 'M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8 })));
    L.DomEvent.disableClickPropagation(whole);
    container.querySelector('.leaflet-control-zoom').append(whole);
    L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
    const Credit = L.Control.extend({ options: { position: 'bottomright' }, onAdd: () => h('div', { class: 'leaflet-control-attribution credit' }, credits(true)) });
    new Credit().addTo(map);
    map.on('click', () => { if (state.lit && !state.lit.hover) release(); });
    build();
    map.invalidateSize(false);
    home();
    map.setMinZoom(Math.max(2, map.getZoom() - 1));
    redraw();
    // Only now, so that Leaflet's renderers hear of a move first and names and arrows are laid over lines in place.
    map.on('zoomend', () => { weigh(); if (stream.length) streamAlong(state.lit.chosen, state.lit.route); });
    map.on('moveend resize viewreset', layOut);
    let before = null;
    window.addEventListener('beforeprint', () => {
      before = [map.getCenter(), map.getZoom(), ...document.querySelectorAll('.folds details:not([open])')];
      before.slice(2).forEach((part) => { if (part.id === 'fold-sources') part.open = true; });
      map.invalidateSize(false);
      home();
    });
    window.addEventListener('afterprint', () => {
      before.slice(2).forEach((part) => { part.open = false; });
      map.invalidateSize(false);
      map.setView(before[0], before[1], { animate: false });
    });
    new ResizeObserver(() => map.invalidateSize(false)).observe(container);
    root.dataset.ready = 'yes';
  };
})();
