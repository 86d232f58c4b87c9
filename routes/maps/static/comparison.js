/* What the page compares: a card per route with its cost, time, length and room, which lights the route on the map. */
function atlasComparisons({ words, links, act }) {
  const { h, bdi } = atlasKit;
  const { t, term, pick, number, many, country, placeName, shortName, linkTitle, km } = words;
  const faint = (...text) => h('span', { class: 'faint' }, text);
  const dotted = (...parts) => parts.filter(Boolean).join(' · ');
  const way = (route) => (route.via.length ? t('via', { x: route.via.map(shortName).join(' – ') }) : t('direct'));

  function facts(item, route) {
    const gas = item.commodity === 'gas';
    const best = (key) => item.routes.length > 1 && route[key] === Math.min(...item.routes.map((other) => other[key] ?? Infinity));
    const fact = (key, value, label, strong = best(key)) => (route[key] === null && key !== 'capacity' ? ''
      : h('div', { class: strong ? 'best' : '' }, h('dt', null, label), h('dd', null, value)));
    const room = route.capacity === null ? t('unlimited') : number(route.capacity / 1000);
    const boxes = route.teu ? h('small', null, t('unit.TEU', { n: many(route.teu) })) : '';
    return h('dl', { class: 'facts' },
      fact('cost', number(route.cost < 10 ? route.cost : Math.round(route.cost), 2), t(gas ? 'head.usd_gas' : 'head.usd_t')),
      fact('days', number(route.days, 2), t('head.days')),
      fact('km', number(Math.round(route.km), 4), t('head.km')),
      fact('capacity', [room, boxes], t(gas ? 'head.bcm' : 'head.mt'), false));
  }

  function narrowest({ bottleneck }) {
    if (!Array.isArray(bottleneck)) return bottleneck;
    const [kind, at] = bottleneck;
    return kind === 'link' ? linkTitle(links[at]) : placeName(at);
  }

  function card(item, route, longest) {
    const name = pick(item.names[route.at] || '');
    const gauges = item.commodity === 'gas' || (item.commodity === 'crude' && !route.gauge_breaks) ? '' : t('gauge_changes', { n: route.gauge_breaks });
    const light = () => act.light(route.links.map((at) => links[at]), { route, keys: [item.origin, item.destination, ...route.via] });
    const zoom = () => {
      act.pin(light);
      act.fit(route.links.flatMap((at) => links[at].points), { animate: true });
      act.say(name || way(route));
    };
    const crossed = route.countries.map(([code, length], i) => [i ? ', ' : '', country(code), length >= 1 ? faint(` ${km(length)}`) : '']);
    const stretch = ([mode, length]) => h('i', { class: `m-${item.commodity === 'gas' ? 'gas' : mode}`, css: { 'flex-grow': length } });
    return h('li', { class: 'route', on: { mouseenter: light, mouseleave: act.leave, focusin: light, focusout: act.leave } },
      h('button', { type: 'button', class: 'way', on: { click: zoom } }, h('span', { class: 'rank' }, String(route.rank)), bdi(name || way(route))),
      name ? h('p', { class: 'faint' }, bdi(way(route))) : '',
      h('div', { class: 'strip', 'aria-hidden': 'true', css: { width: `${(100 * route.km) / longest}%` } }, route.legs.map(stretch)),
      facts(item, route),
      h('p', null,
        narrowest(route) ? [faint(`${t('narrowest')} `), bdi(narrowest(route)), h('br')] : '',
        crossed.length ? [faint(`${t('crosses')} `), crossed, h('br')] : '',
        faint(dotted(t('mode_changes', { n: route.transfers }), gauges))));
  }

  return function part(item) {
    const longest = Math.max(...item.routes.map((route) => route.km));
    const pair = item.origin === null || item.destination === null ? '' : [bdi(placeName(item.origin)), ' → ', bdi(placeName(item.destination)), ' · '];
    const about = dotted(term('goods', item.commodity), term('by', item.by), item.routes.length > 1 && t('best'));
    return h('section', { class: 'comparison' },
      h('h2', null, bdi(pick(item.title))),
      h('p', { class: 'faint' }, pair, about),
      pick(item.note) ? h('p', null, bdi(pick(item.note))) : '',
      item.routes.length ? h('ol', { class: 'routes' }, item.routes.map((route) => card(item, route, longest))) : '',
      item.reason ? h('p', { class: 'reason' }, bdi(item.reason)) : '');
  };
}
