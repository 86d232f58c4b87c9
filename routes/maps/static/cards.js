/* What a popup says about a line or a place: each number with the statement, the source or the guess it stands on. */
function atlasCards({ words, figures, sources, openLink, what }) {
  const { safeLink, h, bdi } = atlasKit;
  const { t, term, pick, number, many, country, linkTitle, properName, inUnit, tonnes, gasAmount, km, days, money, stated, capacity, modeName } = words;
  const faint = (...text) => h('span', { class: 'faint' }, text);
  const row = (label, ...value) => [h('dt', null, label), h('dd', null, value)];
  const dotted = (...parts) => parts.filter(Boolean).join(' · ');

  function outLink(url, text) {
    const href = safeLink(url);
    return href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, bdi(text || url)) : bdi(text);
  }

  function badge(figure) {
    return h('span', { class: `badge ${figure.kind === 'assumption' ? 'assumed' : 'sourced'}` }, term('evidence', figure.kind));
  }

  function origin(figure) {
    const source = sources[figure.source];
    if (!source) return [];
    const rest = dotted(source.date === 'n.d.' ? '' : source.date, figure.confidence && term('confidence', figure.confidence));
    return [outLink(source.url, source.title || source.publisher), rest ? faint(` · ${rest}`) : ''];
  }

  const amount = (figure) => (figure.value === null ? '' : inUnit(figure.value, figure.unit));

  /* What a number rests on: its kind, value, range, period, source and remarks. */
  function statement(at) {
    const figure = figures[at];
    if (!figure) return '';
    const range = figure.low === null || figure.high === null ? '' : t('range', { low: number(figure.low), high: number(figure.high) });
    return h('div', { class: 'evidence' },
      badge(figure), ' ', dotted(amount(figure), range, figure.period),
      h('div', null, origin(figure), figure.locator ? faint(` · ${figure.locator}`) : ''),
      figure.note ? h('p', { class: 'faint' }, bdi(figure.note)) : '',
      figure.choice ? h('p', { class: 'faint' }, t('chosen_because'), ' ', bdi(figure.choice)) : '',
      others(figure));
  }

  /* The same folded away under its kind, for numbers of second rank. */
  function folded(at) {
    return figures[at] ? h('details', { class: 'fold' }, h('summary', null, badge(figures[at])), statement(at)) : '';
  }

  function others(figure) {
    const rest = figure.others.map((at) => figures[at]).filter((other) => other.value !== figure.value || other.unit !== figure.unit);
    if (!rest.length) return '';
    const told = (other) => h('li', null, h('b', null, amount(other)), other.period ? ` · ${other.period} ` : ' ',
      other.kind === 'assumption' ? [badge(other), ' '] : '', origin(other));
    return h('details', null, h('summary', null, t('others', { n: rest.length })), h('ul', null, rest.map(told)));
  }

  function capacityRow(link) {
    const inMass = / [MB]t\/yr$| bcm\/yr$/.test(link.stated);
    const converted = link.capacity === null || inMass ? '' : link.gas ? gasAmount(link.capacity) : tonnes(link.capacity);
    const boxesOnly = link.teu && link.commodities.length === 1 && !/TEU/.test(link.stated);
    return row(t('capacity'), h('strong', null, stated(link.stated) || capacity(link)),
      converted ? h('div', null, faint(t('equals', { x: converted }))) : '',
      boxesOnly ? h('div', null, faint(t('about', { x: t('unit.TEU/yr', { n: many(link.teu) }) }))) : '',
      statement(link.figures[0]));
  }

  function linkCard(link) {
    const [, forLength, forCost, forDays] = link.figures;
    const years = [link.begin && t('from_year', { year: link.begin }), link.end && t('to_year', { year: link.end })].filter(Boolean).join(' ');
    const rate = (usual) => (usual ? faint(` · ${t('default_rate')}`) : '');
    return [
      h('h3', null, bdi(linkTitle(link))),
      properName(link) ? h('p', { class: 'proper' }, bdi(properName(link))) : '',
      h('p', { class: 'kind' }, h('i', { class: `swatch m-${link.colour}` }), modeName(link.colour), ' · ', link.commodities.map((goods) => term('goods', goods)).join(', ')),
      what ? what('link', link) : '',
      h('p', { class: `status ${link.status}` }, dotted(term('status', link.status), years, link.one_way && t('one_way'))),
      h('dl', null,
        capacityRow(link),
        link.km === null ? '' : row(t('length'), km(link.km), faint(` · ${link.km_stated ? t('published') : t('as_drawn')}`),
          link.km_stated ? h('div', null, faint(t('drawn', { x: km(link.drawn_km) }))) : '', folded(forLength)),
        link.days === null ? '' : row(t('time'), days(link.days), rate(link.days_rate), folded(forDays)),
        link.cost === null ? '' : row(t('cost'), money(link.cost, link.gas), rate(link.cost_rate), folded(forCost)),
        link.gauge ? row(t('gauge'), t('unit.mm', { n: link.gauge })) : '',
        link.countries.length ? row(t('crosses'), link.countries.map(country).join(', ')) : '',
        row(t('drawing'), h('span', { class: link.quality === 'schematic' ? 'badge sketch' : '' }, term('quality', link.quality || 'geodesic'))),
        link.note ? row(t('note'), bdi(link.note)) : ''),
    ];
  }

  function placeCard(place) {
    const [forCapacity, forDwell, forFee] = place.figures;
    const jump = (link) => h('li', null, h('button', { type: 'button', class: 'plain', on: { click: () => openLink(link) } },
      h('i', { class: `swatch m-${link.colour}` }), bdi(linkTitle(link))));
    return [
      h('h3', null, bdi(pick(place.names))),
      h('p', { class: 'kind' }, dotted(term('kind', place.kind || 'place'), country(place.country)), place.unlocode ? faint(` · UN/LOCODE ${place.unlocode}`) : ''),
      what ? what('place', place) : '',
      h('dl', null,
        place.stated_capacity ? row(t('capacity'), h('strong', null, stated(place.stated_capacity)), statement(forCapacity)) : '',
        place.dwell_days ? row(t('dwell'), days(place.dwell_days), folded(forDwell)) : '',
        place.transfer_usd_t ? row(t('fee'), money(place.transfer_usd_t, false), folded(forFee)) : ''),
      place.links.length ? h('details', { open: place.links.length < 7 }, h('summary', null, t('links_here', { n: place.links.length })),
        h('ul', { class: 'jumps' }, place.links.map(jump))) : '',
    ];
  }

  return { linkCard, placeCard, outLink };
}
