/* The page of the transit-route atlas. Data comes from one inert element; every text reaches the page as text. */
(() => {
  const { unpack, records, h, s, bdi } = atlasKit;
  const RADIANS = Math.PI / 180;

  window.routesAtlas = (map, dataId) => {
    const P = JSON.parse(document.getElementById(dataId).textContent);
    const root = document.documentElement;
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
    const { t, term, pick, locale, country, shortName, linkTitle, capacity, modeName } = words;
    const say = (text) => { live.textContent = text; };
    const permalink = atlasPermalink(map);
    const whatif = P.plan ? atlasWhatIf({
      P, words, places, links, corridors, figures,
      act: {
        light: (...given) => light(...given), leave: () => leave(), pin: (again) => pin(again), fit: (...given) => fit(...given), say, then: (run) => settle(run),
        open: (kind, at) => (kind === 'link' ? openLink(links[at], null, true) : openPlace(places[at], true)),
        repaint: () => repaint(), changed: permalink.changed, filtered: () => links.some((link) => !link.shown), routes: (model, view) => reroute(model, view),
      },
    }) : null;
    // On a page that does not plan, a line is as wide as its capacity and points one way where goods go one way only.
    if (!whatif) links.forEach((link) => { link.look = { width: link.width, tone: '', heading: link.one_way ? 1 : 0 }; });

    /* panes: ground below everything stock layers use, names above */
    const pane = (name, z, events) => {
      const made = map.createPane(name);
      made.style.zIndex = z;
      if (!events) made.style.pointerEvents = 'none';
      return name;
    };
    ['ground', 'casings', 'lines', 'flow', 'dots', 'names'].forEach((name, i) => pane(name, [150, 410, 420, 430, 440, 460][i], (name === 'ground' && whatif) || (name === 'lines' && P.canvas)));
    pane('touch', 450, true);
    // A canvas asks every line whether it was hit, within some pixels; on SVG lines and dots have wide, unseen twins for that.
    const draw = (name) => (P.canvas && name !== 'ground' ? atlasCanvas : L.svg)({ pane: name, padding: 0.35, tolerance: 5 });
    const renderer = Object.fromEntries(['ground', 'casings', 'lines', 'flow', 'dots', 'touch'].map((name) => [name, draw(name)]));
    const onPane = (name, options) => ({ pane: name, renderer: renderer[name], interactive: false, ...options });

    /* ground */
    const rings = (packed) => packed.split('.').map((ring) => unpack(ring, P.base.per_degree));
    records(P.base.countries).forEach((land) => {
      if (!land.rings) return;
      const kind = land.code === P.base.home ? 'land home' : 'land';
      const state_ = whatif && whatif.states.includes(land.code);
      const drawn = L.polygon(rings(land.rings), onPane('ground', { className: kind, smoothFactor: 0.6, interactive: state_ })).addTo(map);
      if (state_) drawn.on('click', (event) => { if (!state.lit || state.lit.hover) { L.DomEvent.stopPropagation(event); openState(land.code, event.latlng); } });
    });
    P.base.lakes.forEach((lake) => L.polygon(rings(lake), onPane('ground', { className: 'lake' })).addTo(map));
    const grounds = [
      ...records(P.base.labels).map((land) => ({ names: land.names, at: L.latLng(land.lat, land.lon), size: land.size, kind: 'country' })),
      ...records(P.base.seas).map((sea) => ({ key: `sea.${sea.key}`, at: L.latLng(sea.lat, sea.lon), size: 160, kind: 'water' })),
    ].sort((a, b) => b.size - a.size);

    /* view */
    const FLAT = 8;
    function fit(points, { animate = false, closest = 8.5, margin = 36 } = {}) {
      if (!points.length) return null;
      const box = L.bounds(points.map((point) => map.project(point, FLAT)));
      const room = map.getSize().subtract([2 * margin, 2 * margin]);
      const size = box.getSize();
      const zoom = FLAT + Math.log2(Math.min(Math.max(room.x, 80) / Math.max(size.x, 1), Math.max(room.y, 80) / Math.max(size.y, 1)));
      const snapped = Math.min(closest, Math.max(map.getMinZoom(), Math.floor(zoom * 4) / 4));
      const centre = map.unproject(box.getCenter(), FLAT);
      map.setView(centre, snapped, { animate: animate && !still.matches });
      return { centre, zoom: snapped };
    }
    let homeView = null;
    const coordinates = ({ lat, lng }) => [lat, lng].map((degrees) => Number(degrees.toFixed(3))).join();
    // A map stands on whole pixels, so its centre is seldom quite the one that was asked for.
    const isAt = (view) => view && map.getZoom() === view.zoom && map.project(map.getCenter()).distanceTo(map.project(view.centre)) < 2;
    function home(options) {
      homeView = fitHome(options);
    }
    function fitHome(options) {
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
      const stitch = dash ? null : inner(link.colour);
      const look = { className: `line m-${link.colour}`, dashArray: dash, lineCap: dash ? 'butt' : 'round' };
      if (P.canvas) {
        link.stitch = stitch;
        link.layers = { line: line('lines', { ...look, interactive: true, stitches: (stitch && stitch.dash || '').split(' ').filter(Boolean).map(Number) }) };
      } else {
        link.layers = { casing: line('casings', { className: 'casing' }), line: line('lines', look) };
        if (stitch && (whatif || link.width > 2.4)) {
          link.layers.inner = line('lines', { className: 'inner', dashArray: stitch.dash, lineCap: 'butt' });
        }
        link.layers.hit = line('touch', { className: 'hit', opacity: 0, interactive: true, weight: Math.max(link.width + 8, 14) });
      }
      (link.layers.hit || link.layers.line).on({
        click: (event) => { L.DomEvent.stopPropagation(event); openLink(link, event.latlng); },
        mouseover: () => light([link], { hover: true }), mouseout: () => unlight(true),
        mousemove: (event) => hint(event.latlng, () => [bdi(linkTitle(link)), h('br'), whatif ? whatif.hint(link) : `${modeName(link.colour)} · ${capacity(link)}`]),
      });
    }
    /* What a line's tone says in classes and dashes, where the page plans. */
    const TONE_DASH = { shut: '2 5', lost: '8 6' };
    function restyle(link) {
      const { tone } = link.look;
      const own = `line m-${link.colour}${tone ? ` ${tone}` : ''}`;
      const { line, inner: stitch, casing } = link.layers;
      [[line, own], ...(casing ? [[casing, `casing${tone ? ` ${tone}` : ''}`]] : []), ...(stitch ? [[stitch, `inner${tone || link.width <= 2.4 ? ' none' : ''}`]] : [])].forEach(([layer, name]) => {
        if (layer.options.className === name) return;
        layer.options.className = name;
        if (layer.getElement()) layer.getElement().setAttribute('class', name);
      });
      const dash = TONE_DASH[tone] || (tone === 'idle' || tone === 'kept' || link.amount > 0 ? null : P.style.dashes[link.status] || null);
      if (line.options.dashArray !== dash) line.setStyle({ dashArray: dash, lineCap: dash ? 'butt' : 'round' });
    }
    const byLook = (a, b) => QUIET.has(b.look.tone) - QUIET.has(a.look.tone) || b.width - a.width || a.at - b.at;
    const QUIET = new Set(['idle', 'shut', 'kept']);
    function weigh() {
      const by = scale();
      document.querySelectorAll('.sample [data-px]').forEach((path) => path.setAttribute('stroke-width', path.dataset.px * by));
      places.forEach((place) => place.dot.setRadius(place.radius * (0.5 + by / 2) * (place.idle ? 0.6 : 1)));
      const set = (layer, weight) => { if (layer.options.weight !== weight) layer.setStyle({ weight }); };
      for (const { layers, stitch, width, colour: key, look: { tone } } of links) {
        const bare = QUIET.has(tone) ? width : width * by;
        if (P.canvas) {
          edge(layers.line, bare, QUIET.has(tone) ? 0 : P.style.casing, stitch && !tone && width > 2.4 ? Math.max(0.7, bare * stitch.width) : 0);
        } else {
          set(layers.casing, width * by + 2 * (QUIET.has(tone) ? 0 : P.style.casing));
          set(layers.line, bare);
          if (layers.inner) set(layers.inner, Math.max(0.7, width * by * inner(key).width));
        }
      }
    }
    /* The width of a line on a canvas, of its casing beyond it and of its stitches. */
    function edge(line, weight, casing, within = line.options.within) {
      const around = casing && weight + 2 * casing;
      if (line.options.weight === weight && line.options.around === around && line.options.within === within) return;
      Object.assign(line.options, { around, within });
      line.setStyle({ weight });
    }

    /* Shapes tell kinds of places apart without colour; what has none is a ring or, for minor kinds, a dot. */
    const KINDS = ['port', 'terminal', 'dry_port', 'field', 'refinery', 'border', 'market', 'station', 'junction', 'pump_station'];
    const LOOK = {
      port: 'square', terminal: 'square', dry_port: 'square', field: 'triangle', refinery: 'hexagon', border: 'diamond', market: 'ring',
      junction: 'minor', pump_station: 'minor',
    };
    const CORNERS = { square: [4, 45, 1.2], diamond: [4, 0, 1.18], triangle: [3, -90, 1.35], hexagon: [6, 0, 1.18] };
    const look = (kind) => LOOK[kind] || 'round';
    function outline(kind, x, y, r) {
      const [count, turn, reach] = CORNERS[look(kind)] || [];
      if (!count) return `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0z`;
      const corner = (_, i) => {
        const angle = (turn + (360 / count) * i) * RADIANS;
        return `${(x + r * reach * Math.cos(angle)).toFixed(1)},${(y + r * reach * Math.sin(angle)).toFixed(1)}`;
      };
      return `M${Array.from({ length: count }, corner).join('L')}z`;
    }
    const Dot = L.CircleMarker.extend({
      _updatePath() {
        if (P.canvas) return this._renderer._updateCircle(this);
        return this._renderer._setPath(this, outline(this.options.kind, this._point.x, this._point.y, this._radius));
      },
      // A dot that has no room yet is neither drawn nor hit.
      _empty() { return map.getZoom() < this.options.near || L.CircleMarker.prototype._empty.call(this); },
      _containsPoint(point) { return !this._empty() && L.CircleMarker.prototype._containsPoint.call(this, point); },
    });
    for (const place of places) {
      place.radius = { minor: 2, round: 3 }[look(place.kind)] || 3.8;
      const dot = { kind: place.kind, radius: place.radius, className: `dot ${look(place.kind)}`, fillOpacity: 1, weight: 1.2, interactive: P.canvas };
      // A canvas hides what lies under it from the mouse, so dots share that of the lines.
      place.dot = new Dot(place.where, onPane(P.canvas ? 'lines' : 'dots', dot));
      place.hit = P.canvas ? place.dot : L.circleMarker(place.where, onPane('touch', { radius: 10, opacity: 0, fillOpacity: 0, interactive: true, className: 'hit' }));
      place.hit.on({
        click: (event) => { L.DomEvent.stopPropagation(event); openPlace(place); },
        mouseover: () => hint(place.where, () => [bdi(pick(place.names)), h('br'), `${term('kind', place.kind || 'place')} · ${country(place.country)}`]),
        mouseout: () => map.closeTooltip(tip),
      });
    }
    // Far out, the dots of a big network would hide its lines: where some share a cell of the screen, only the most important
    // is drawn, and the others from that zoom on which finds them a cell of their own.
    const CELL = 11;
    if (P.canvas) {
      const ranked = [...places].sort((a, b) => a.rank - b.rank).map(({ dot, where }) => ({ dot, at: map.project(where, 0) }));
      for (let zoom = map.getMaxZoom(); zoom > map.getMinZoom(); zoom -= 1) {
        const by = 2 ** (zoom - 1) / CELL, taken = new Set();
        for (const { dot, at } of ranked) {
          const cell = Math.floor(at.x * by) * 2 ** 20 + Math.floor(at.y * by);
          if (taken.has(cell)) dot.options.near ??= zoom;
          taken.add(cell);
        }
      }
    }
    // On SVG the style sheet colours the lines; a canvas has to be told, and told again when the theme changes.
    function recolour() {
      if (!P.canvas) return;
      const style = getComputedStyle(root), read = new Map();
      const colour = (name) => read.get(name) || read.set(name, style.getPropertyValue(`--${name}`).trim()).get(name);
      const [ground, ink] = [colour('casing'), colour('ink')];
      links.forEach(({ layers, colour: key, look: { tone } }) => layers.line.setStyle({ color: colour(tone ? `t-${tone}` : `m-${key}`), ground }));
      places.forEach((place) => place.dot.setStyle({ color: ink, fillColor: ground }));
      stream.forEach((layer) => layer.setStyle({ color: ground }));
    }
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour);
    const tip = L.tooltip({ direction: 'top', offset: [0, -10], className: 'tip' });
    function hint(where, content) {
      if (P.canvas || !matchMedia('(hover: none)').matches) tip.setLatLng(where).setContent(h('span', null, content())).openOn(map);
    }

    const shownLink = (link) => !state.off.colour.has(link.colour) && !state.off.status.has(link.status)
      && link.commodities.some((goods) => !state.off.goods.has(goods))
      && (!state.corridors.size || state.members.has(link.at));
    const endpoint = (place) => comparisons.some(({ origin, destination }) => place.at === origin || place.at === destination);
    const shownPlace = (place) => !place.links.length || endpoint(place) || place.links.some((link) => link.shown);
    function redraw() {
      const all = [...links.flatMap((link) => Object.values(link.layers)), ...places.flatMap((place) => [place.dot, place.hit])];
      all.forEach((layer) => layer.remove());
      ordered.sort(byLook);
      state.members = new Set([...state.corridors].flatMap((at) => corridors[at].links));
      links.forEach((link) => { link.shown = shownLink(link); });
      places.forEach((place) => { place.shown = shownPlace(place); });
      weigh();
      ordered.filter((link) => link.shown).forEach((link) => Object.values(link.layers).forEach((layer) => layer.addTo(map)));
      places.filter((place) => place.shown).sort((a, b) => b.rank - a.rank).forEach((place) => { place.dot.addTo(map); place.hit.addTo(map); });
      restream();
      // What is drawn anew is not lit yet.
      if (state.lit) dim(true);
      if (stream.length) streamAlong(state.lit.chosen, state.lit.route);
      layOut();
      panel.fillTable();
    }
    /* The plan has changed: lines take their new looks, and what carries most lies lowest of what carries anything. */
    function repaint() {
      // A way that was pinned may not be one any more.
      release();
      links.forEach(restyle);
      recolour();
      weigh();
      ordered.sort(byLook);
      if (P.canvas) redraw();
      else {
        ordered.filter((link) => link.shown && !QUIET.has(link.look.tone)).forEach((link) => Object.values(link.layers).forEach((layer) => layer.bringToFront()));
        restream();
        layOut();
        panel.fillTable();
      }
      swipe.draw();
    }

    const layOut = atlasNames({
      map, links, places, grounds, minor: new Set(KINDS.slice(-2)), scale, lit: () => state.lit,
      // Arrows of the plan as it is would be wrong over the half that shows the one before.
      hidden: () => Boolean(whatif && whatif.view.swipe),
      words: { place: shortName, ground: ({ key, names }) => (key ? t(key) : pick(names).toLocaleUpperCase(locale())) },
    });

    /* lighting a route, a corridor or a line */
    const container = map.getContainer();
    let stream = [];
    let flowing = [];
    /* Goods on the move, along the true line, where the page plans. */
    function restream() {
      flowing.forEach((layer) => layer.remove());
      flowing = [];
      if (!whatif || !whatif.view.moving || P.canvas) return;
      flowing = links.filter((link) => link.shown && link.look.heading && link.amount > 0 && !QUIET.has(link.look.tone)).map((link) => {
        const points = link.look.heading > 0 ? link.points : [...link.points].reverse();
        return L.polyline(points, onPane('flow', { className: 'flow', smoothFactor: 0.8, weight: Math.max(1, Math.min(2.2, link.width * scale() * 0.4)) })).addTo(map);
      });
    }
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
        Object.values(link.layers).forEach((layer) => mark(layer, on));
      }
      state.lit.places.forEach((at) => mark(places[at].dot, on));
    }
    function mark(layer, on) {
      const path = layer.getElement();
      if (path) path.classList.toggle('lit', on);
    }
    function streamAlong(chosen, route) {
      stream.forEach((layer) => layer.remove());
      weigh();
      stream = chosen.map((link, i) => {
        const forth = link.from === route.places[i];
        const bold = Math.max(link.width * scale(), 4.5);
        if (P.canvas) edge(link.layers.line, bold, P.style.casing);
        else {
          link.layers.line.setStyle({ weight: bold });
          link.layers.casing.setStyle({ weight: bold + 2 * P.style.casing });
        }
        const points = forth ? link.points : [...link.points].reverse();
        return L.polyline(points, onPane('flow', { className: 'flow', weight: 1.8 })).addTo(map);
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
    // Room on the left keeps a popup from sliding under the zoom buttons.
    const popup = L.popup({ autoPanPaddingTopLeft: [54, 16], autoPanPaddingBottomRight: [10, 10], className: 'card' });
    // On a phone the map lies above the panel and may have been scrolled away.
    function bringUp() {
      if (innerWidth <= 760) container.scrollIntoView({ block: 'nearest' });
    }
    // `id` is what an address calls it; `quiet` leaves the reader where he is.
    function show(card, quiet) {
      const { where, build, label } = card;
      state.popup = card;
      if (!popup.isOpen()) state.opener = document.activeElement;
      map.closeTooltip(tip);
      const { x, y } = map.getSize();
      const maxWidth = Math.min(340, x - 104);
      Object.assign(popup.options, { maxHeight: Math.max(180, y - 90), maxWidth, minWidth: Math.min(270, maxWidth) });
      const content = h('article', { tabindex: '-1', 'aria-label': label() }, build());
      popup.setLatLng(where).setContent(content).openOn(map);
      const close = popup.getElement().querySelector('.leaflet-popup-close-button');
      if (close) close.setAttribute('aria-label', t('close'));
      if (quiet) return;
      content.focus({ preventScroll: true });
      bringUp();
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

    const { linkCard, placeCard, outLink } = atlasCards({ words, figures, sources, openLink: (link) => openLink(link), what: whatif && whatif.cardPart });
    /* A state whose land goods may cross, where the page plans. */
    function openState(code, where, quiet) {
      const record = { code };
      show({ where, label: () => country(code), id: `state:${code}@${coordinates(where)}`, build: () => [h('h3', null, bdi(country(code))), whatif.cardPart('country', record)] }, quiet);
    }
    function openCorridor(corridor, quiet) {
      const middle = links[corridor.links[Math.floor(corridor.links.length / 2)]];
      show({
        where: L.latLng(middle.points[Math.floor(middle.points.length / 2)]), label: () => pick(corridor.names), id: `corridor:${corridor.id}`,
        build: () => [h('h3', null, bdi(pick(corridor.names))), whatif.cardPart('corridor', corridor)],
      }, quiet);
    }
    /* What is closed in a card changes the map under it: the card is filled anew, and the reader stays where he was. */
    function settle(run) {
      const held = document.activeElement && popup.isOpen() && popup.getElement().contains(document.activeElement) ? document.activeElement.dataset.close : '';
      run();
      if (!state.popup) return;
      show(state.popup, true);
      const again = held && [...popup.getElement().querySelectorAll('[data-close]')].find((one) => one.dataset.close === held);
      if (again) again.focus({ preventScroll: true });
    }
    /* The compared ways are sought again around what is closed. */
    function reroute(model, view_) {
      P.plan.questions.forEach((question) => {
        const item = comparisons[question.at];
        comparison.update({ ...item, names: question.ways.map(({ name }) => name), routes: whatif.withSpare(model.routes(question, view_)), note: '', reason: '' });
      });
    }
    function openLink(link, where, zoom, quiet) {
      if (zoom) fit(link.points, { closest: 7 });
      // On the line itself, so that an address which says where leads to the same spot.
      const spot = where && link.layers.line.closestLayerPoint(map.latLngToLayerPoint(where));
      const at = spot ? map.layerPointToLatLng(spot) : L.latLng(link.points[Math.floor(link.points.length / 2)]);
      const id = `link:${link.id}${spot ? `@${coordinates(at)}` : ''}`;
      show({ where: at, build: () => linkCard(link), label: () => linkTitle(link), id }, quiet);
      light([link], { hover: true });
    }
    function openPlace(place, zoom, quiet) {
      if (zoom) map.setView(place.where, Math.max(map.getZoom(), 6), { animate: false });
      show({ where: place.where, build: () => placeCard(place), label: () => pick(place.names), id: `place:${place.id}` }, quiet);
    }

    function openFound({ kind, record }) {
      if (kind === 'link') return openLink(record, null, true);
      if (kind === 'place') return openPlace(record, true);
      if (kind === 'state') return openState(record.code, record.where);
      const members = record.links.map((at) => links[at]);
      light(members);
      say(pick(record.names));
      fit(members.flatMap((link) => link.points), { animate: !whatif });
      return whatif && openCorridor(record);
    }

    /* States that can be closed, each with a spot on its land. */
    function states_() {
      const spots = new Map(records(P.base.labels).map((land) => [land.code, L.latLng(land.lat, land.lon)]));
      return (whatif ? whatif.states : []).filter((code) => P.names[code]).map((code) => ({
        code, names: P.names[code], where: spots.get(code) || (places.find((place) => place.country === code) || places[0]).where,
      }));
    }

    /* the panel */
    function refresh() {
      map.closePopup(popup);
      release();
      redraw();
      say(t('lines_shown', { n: links.filter((link) => link.shown).length, all: links.length }));
    }
    function dress() {
      if (state.theme === 'auto') delete root.dataset.theme;
      else root.dataset.theme = state.theme;
      recolour();
    }
    function rebuild() {
      panel.build();
      nameControls();
      dress();
      redraw();
      if (state.popup) show(state.popup, true);
    }
    function choose(name, value) {
      state[name] = value;
      rebuild();
      document.getElementById(`${name}-${value}`).focus({ preventScroll: true });
    }
    function pin(again, quiet) {
      state.pinned = again;
      again();
      if (!quiet) bringUp();
    }
    /* the address */
    const view = atlasViewKeys({
      permalink, map, state, corridors, languages: P.languages, usual: P.language,
      groups: Object.fromEntries(Object.entries({
        colour: links.map((link) => link.colour), goods: links.flatMap((link) => link.commodities), status: links.map((link) => link.status),
      }).map(([group, keys]) => [group, [...new Set(keys)].sort()])),
      act: {
        rebuild, home, isAt, isHome: () => isAt(homeView), coordinates,
        choose: (name, value) => { state[name] = value; rebuild(); },
        close: () => map.closePopup(popup),
        open(kind, id, where) {
          if (kind === 'corridor' && whatif) { const found = corridors.find((one) => one.id === id); if (found) openCorridor(found, true); return; }
          if (kind === 'state' && whatif && whatif.states.includes(id) && where) { openState(id, where, true); return; }
          const record = (kind === 'link' ? links : places).find((one) => one.id === id);
          if (record && kind === 'link') openLink(record, where, false, true);
          else if (record) openPlace(record, false, true);
        },
      },
    });

    const leave = () => (state.pinned ? state.pinned() : unlight());
    const comparison = atlasComparisons({
      words, links, comparisons, permalink, act: { light, leave, pin, release, pinned: () => state.pinned, fit, say },
    });
    const swipe = atlasSwipe({ map, P, links, whatif, onPane, pane, draw, renderer, scale, dress: { QUIET, TONE_DASH } });
    const panel = atlasPanel({
      P, words, state, whatif, places, links, figures, sources, corridors, comparisons,
      signs: { inner, scale, outline, look, kinds: KINDS },
      parts: {
        outLink, searchBox: atlasSearch({ P, words, places, links, corridors, states: states_(), open: openFound, say }),
        comparison: comparison.part, take: atlasExport({ P, map, words, permalink, places, links, figures, sources, whatif, say }),
      },
      act: { refresh, choose, openLink },
    });

    /* controls and start */
    const titles = () => ({ in: t('zoom_in'), out: t('zoom_out'), home: t('zoom_home') });
    function nameControls() {
      container.setAttribute('aria-label', t('map_label'));
      for (const [name, title] of Object.entries(titles())) {
        const button = container.querySelector(`.leaflet-control-zoom-${name}`);
        button.title = title;
        button.setAttribute('aria-label', title);
      }
    }
    container.setAttribute('role', 'region');
    L.control.zoom().addTo(map);
    const goHome = (event) => {
      event.preventDefault();
      release();
      home({ animate: true });
    };
    const corners = s('path', { d: 'M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8 });
    const whole = h('a', { class: 'leaflet-control-zoom-home', href: '#', role: 'button', on: { click: goHome } },
      s('svg', { viewBox: '0 0 16 16', width: 14, height: 14, 'aria-hidden': 'true' }, corners));
    L.DomEvent.disableClickPropagation(whole);
    container.querySelector('.leaflet-control-zoom').append(whole);
    L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
    const Credit = L.Control.extend({ options: { position: 'bottomright' }, onAdd: () => h('div', { class: 'leaflet-control-attribution credit' }, atlasCredits(true)) });
    new Credit().addTo(map);
    map.on('click', () => { if (state.lit && !state.lit.hover) release(); });
    panel.build();
    nameControls();
    links.forEach(restyle);
    recolour();
    map.invalidateSize(false);
    home();
    map.setMinZoom(Math.max(2, map.getZoom() - 1));
    redraw();
    // Only now, so that Leaflet's renderers hear of a move first and names and arrows are laid over lines in place.
    map.on('zoomend', () => { weigh(); restream(); swipe.draw(); if (stream.length) streamAlong(state.lit.chosen, state.lit.route); });
    map.on('moveend resize viewreset', layOut);
    // A browser lays out the paper only after these have run: the style sheet gives the map its size on paper at once,
    // folds are filled here, and a canvas is painted in the colours of paper.
    let before = null;
    window.addEventListener('beforeprint', () => {
      const { x, y } = map.getSize();
      const seen = [[0, 0], [x, 0], [x, y], [0, y]].map((corner) => map.containerPointToLatLng(corner));
      before = { centre: map.getCenter(), zoom: map.getZoom(), home: homeView, sources: document.querySelector('#fold-sources:not([open])') };
      if (before.sources) {
        before.sources.open = true;
        before.sources.dispatchEvent(new Event('toggle'));
      }
      const whole = isAt(homeView);
      Object.assign(root.dataset, { paper: 'yes', theme: 'light' });
      recolour();
      map.invalidateSize(false);
      if (whole) home(); else fit(seen, { margin: 0, closest: 10 });
    });
    window.addEventListener('afterprint', () => {
      if (before.sources) before.sources.open = false;
      delete root.dataset.paper;
      dress();
      map.invalidateSize(false);
      map.setView(before.centre, before.zoom, { animate: false });
      homeView = before.home;
    });
    new ResizeObserver(() => map.invalidateSize(false)).observe(container);
    if (whatif) whatif.register(permalink);
    view.addPlace();
    permalink.start();
    document.body.classList.toggle('plans', Boolean(whatif));
    root.dataset.ready = 'yes';
  };
})();
