/* What the page compares: a card per route with its cost, time, length and room, which lights the route on the map. */
function atlasComparisons({ words, links, comparisons, permalink, act }) {
  const { h, bdi } = atlasKit;
  const { t, term, pick, locale, number, many, country, placeName, shortName, linkTitle, km } = words;
  const ORDERS = ['cost', 'days', 'km', 'capacity', 'transfers', 'gauge_breaks'];
  const CRITERIA = ['cost', 'days', 'capacity'];
  const faint = (...text) => h('span', { class: 'faint' }, text);
  const dotted = (...parts) => parts.filter(Boolean).join(' · ');
  const way = (route) => (route.via.length ? t('via', { x: route.via.map(shortName).join(' – ') }) : t('direct'));
  // What is compared now, what the reader chose for it, and where it stands on the page.
  const shows = comparisons.map((item) => ({ item, by: item.by, avoid: new Set(), open: false, section: null }));
  const lights = new WeakMap();

  /* Less is better; where the network sets no limit there is the most room. */
  const worth = (route, key) => (key === 'capacity' ? -(route.capacity ?? Infinity) : route[key] ?? Infinity);
  const crosses = (route, code) => route.countries.some(([crossed]) => crossed === code);
  const inOrder = (by) => (a, b) => {
    const [x, y] = [worth(a, by), worth(b, by)];
    return x < y ? -1 : x > y ? 1 : a.rank - b.rank;
  };
  const kept = ({ item, by, avoid }) => item.routes.filter((route) => ![...avoid].some((code) => crosses(route, code))).sort(inOrder(by));
  const beats = (other, route) => CRITERIA.every((key) => worth(other, key) <= worth(route, key))
    && CRITERIA.some((key) => worth(other, key) < worth(route, key));

  /* The countries that tell the routes apart: some cross them, others do not. */
  function dividing({ routes }) {
    const codes = new Set(routes.flatMap((route) => route.countries.map(([code]) => code)));
    return [...codes].filter((code) => !routes.every((route) => crosses(route, code)))
      .sort((a, b) => country(a).localeCompare(country(b), locale()));
  }

  function facts(item, route, shown) {
    const gas = item.commodity === 'gas';
    const best = (key) => shown.length > 1 && route[key] === Math.min(...shown.map((other) => other[key] ?? Infinity));
    const fact = (key, value, label, strong = best(key)) => (route[key] === null && key !== 'capacity' ? ''
      : h('div', { class: strong ? 'best' : '' }, h('dt', null, label), h('dd', null, value)));
    const room = route.capacity === null ? t('unlimited') : number(route.capacity / 1000);
    const spare = route.spare === undefined || route.spare === null ? '' : h('small', null, t('what.spare', { n: number(route.spare < 0.5 ? 0 : route.spare / 1000) }));
    const boxes = route.teu ? h('small', null, t('unit.TEU', { n: many(route.teu) })) : '';
    return h('dl', { class: 'facts' },
      fact('cost', number(route.cost < 10 ? route.cost : Math.round(route.cost), 2), t(gas ? 'head.usd_gas' : 'head.usd_t')),
      fact('days', number(route.days, 2), t('head.days')),
      fact('km', number(Math.round(route.km), 4), t('head.km')),
      fact('capacity', [room, boxes, spare], t(gas ? 'head.bcm' : 'head.mt'), false));
  }

  function narrowest({ bottleneck }) {
    if (!Array.isArray(bottleneck)) return bottleneck;
    const [kind, at] = bottleneck;
    return kind === 'link' ? linkTitle(links[at]) : placeName(at);
  }

  /* How a route is lit: one function a route, so that it can be told which one is pinned. */
  function lightOf(item, route) {
    if (!lights.has(route)) {
      lights.set(route, () => act.light(route.links.map((at) => links[at]), { route, keys: [item.origin, item.destination, ...route.via] }));
    }
    return lights.get(route);
  }
  const pinned = ({ item }) => item.routes.find((route) => lights.has(route) && lights.get(route) === act.pinned());

  function card(item, route, i, shown) {
    const name = pick(item.names[route.at] || '');
    const gauges = item.commodity === 'gas' || (item.commodity === 'crude' && !route.gauge_breaks) ? '' : t('gauge_changes', { n: route.gauge_breaks });
    const light = lightOf(item, route);
    const zoom = () => {
      act.pin(light);
      act.fit(route.links.flatMap((at) => links[at].points), { animate: true });
      act.say(name || way(route));
    };
    const crossed = route.countries.map(([code, length], k) => [k ? ', ' : '', country(code), length >= 1 ? faint(` ${km(length)}`) : '']);
    const stretch = ([mode, length]) => h('i', { class: `m-${item.commodity === 'gas' ? 'gas' : mode}`, css: { 'flex-grow': length } });
    const longest = Math.max(...item.routes.map((other) => other.km));
    const unbeaten = shown.length > 1 && !shown.some((other) => beats(other, route));
    return h('li', { class: 'route', on: { mouseenter: light, mouseleave: act.leave, focusin: light, focusout: act.leave } },
      h('button', { type: 'button', class: 'way', on: { click: zoom } }, h('span', { class: 'rank' }, String(i + 1)), bdi(name || way(route)),
        unbeaten ? h('span', { class: 'unbeaten' }, t('unbeaten')) : ''),
      name ? h('p', { class: 'faint' }, bdi(way(route))) : '',
      h('div', { class: 'strip', 'aria-hidden': 'true', css: { width: `${(100 * route.km) / longest}%` } }, route.legs.map(stretch)),
      facts(item, route, shown),
      h('p', null,
        narrowest(route) ? [faint(`${t('narrowest')} `), bdi(narrowest(route)), h('br')] : '',
        crossed.length ? [faint(`${t('crosses')} `), crossed, h('br')] : '',
        faint(dotted(t('mode_changes', { n: route.transfers }), gauges))));
  }

  /* Only the list changes when a reader chooses, so that the focus stays on what he chose with. */
  function list(show) {
    const { item, avoid } = show;
    const shown = kept(show);
    const gone = item.routes.length - shown.length;
    return h('div', { class: 'ranking' },
      avoid.size ? h('p', { class: 'left-out' }, t('left_out', { n: gone, all: item.routes.length }), shown.length ? '' : ` ${t('none_left')}`) : '',
      h('ol', { class: 'routes' }, shown.map((route, i) => card(item, route, i, shown))),
      shown.length > 1 ? h('p', { class: 'faint' }, t('unbeaten_why')) : '');
  }

  function chosen(show) {
    const now = pinned(show);
    if (now && !kept(show).includes(now)) act.release();
    show.section.querySelector('.ranking').replaceWith(list(show));
    act.say(t('ways_shown', { n: kept(show).length, all: show.item.routes.length, by: term('by', show.by) }));
  }

  function controls(show) {
    const { item } = show;
    const orders = ORDERS.filter((key) => key !== 'gauge_breaks' || item.commodity !== 'gas');
    const id = `order-${item.at}`;
    const choose = (event) => { show.by = event.target.value; chosen(show); };
    const select = h('select', { id, on: { change: choose } }, orders.map((key) => h('option', { value: key, selected: key === show.by }, term('by', key))));
    const chip = (code) => h('button', {
      type: 'button', class: 'chip', value: code, 'aria-pressed': String(show.avoid.has(code)),
      on: {
        click: (event) => {
          show.avoid[show.avoid.has(code) ? 'delete' : 'add'](code);
          event.currentTarget.setAttribute('aria-pressed', String(show.avoid.has(code)));
          chosen(show);
        },
      },
    }, country(code));
    const codes = dividing(item);
    return [
      h('p', { class: 'order' }, h('label', { for: id }, t('order')), select),
      codes.length ? h('details', { class: 'avoid', open: show.open || show.avoid.size > 0, on: { toggle: (event) => { show.open = event.target.open; } } },
        h('summary', null, t('avoid')), h('div', { class: 'chips', role: 'group', 'aria-label': t('avoid') }, codes.map(chip))) : '',
    ];
  }

  function part({ at }) {
    const show = shows[at];
    const { item } = show;
    const pair = item.origin === null || item.destination === null ? '' : [bdi(placeName(item.origin)), ' → ', bdi(placeName(item.destination)), ' · '];
    const several = item.routes.length > 1;
    show.section = h('section', { class: 'comparison' },
      h('h2', null, bdi(pick(item.title))),
      h('p', { class: 'faint' }, pair, dotted(term('goods', item.commodity), several && t('best'))),
      pick(item.note) ? h('p', null, bdi(pick(item.note))) : '',
      several ? controls(show) : '',
      item.routes.length ? list(show) : '',
      item.reason ? h('p', { class: 'reason' }, bdi(item.reason)) : '');
    return show.section;
  }

  /* Shows `item` in the place of the comparison with the same `at`: its routes may be new ones. */
  function update(item) {
    const show = shows[item.at];
    if (pinned(show)) act.release();
    show.item = item;
    const codes = dividing(item);
    show.avoid = new Set([...show.avoid].filter((code) => codes.includes(code)));
    if (show.section) show.section.replaceWith(part(item));
  }

  // The first comparison has the plain keys, the second "sort2", "avoid2", "pin2".
  for (const show of shows) {
    const key = (name) => (show.item.at ? `${name}${show.item.at + 1}` : name);
    permalink.add(key('sort'), {
      get: () => (show.by === show.item.by ? '' : show.by),
      set: (value) => {
        show.by = ORDERS.includes(value) ? value : show.item.by;
        update(show.item);
      },
    });
    permalink.add(key('avoid'), {
      get: () => permalink.join(show.avoid),
      set: (value) => {
        show.avoid = new Set(permalink.split(value));
        update(show.item);
      },
    });
    permalink.add(key('pin'), {
      get: () => String((pinned(show) || { rank: '' }).rank),
      set: (value) => {
        const route = kept(show).find(({ rank }) => String(rank) === value);
        if (route) act.pin(lightOf(show.item, route), true);
        else act.release();
      },
    });
  }

  return { part, update };
}
