/* The panel beside the map: legend and layers in one, the table of all lines, the sources, languages and themes. */
const ATLAS_ICONS = {
  auto: 'M8,2a6,6 0 1,0 0,12z M8,1.2a6.8,6.8 0 1,1 -.01,0z M8,2.4a5.6,5.6 0 1,0 .01,0z',
  light: 'M8,4.6a3.4,3.4 0 1,1 -.01,0z M7.4,.6h1.2v2.2h-1.2z M7.4,13.2h1.2v2.2h-1.2z M.6,7.4h2.2v1.2h-2.2z M13.2,7.4h2.2v1.2h-2.2z'
    + 'M2.3,3.2l.9-.9 1.6,1.6-.9.9z M11.2,12.1l.9-.9 1.6,1.6-.9.9z M3.2,13.7l-.9-.9 1.6-1.6.9.9z M12.1,4.8l-.9-.9 1.6-1.6.9.9z',
  dark: 'M6,1.6a6.6,6.6 0 1,0 8.6,8.4a5.6,5.6 0 0,1 -8.6,-8.4z',
};
const ATLAS_CREDITS = [
  ['© OpenStreetMap contributors', ' (ODbL)', 'https://www.openstreetmap.org/copyright'],
  ['Natural Earth', '', 'https://www.naturalearthdata.com/'],
  ['GeoNames', ' (CC BY 4.0)', 'https://www.geonames.org/'],
  ['Leaflet', ' 1.9.4', 'https://leafletjs.com/'],
];

function atlasCredits(short) {
  const { h } = atlasKit;
  return ATLAS_CREDITS.map(([name, more, href], i) => [i ? ' · ' : '',
    h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, short ? name : name + more)]);
}

function atlasPanel({ P, words, state, whatif, places, links, figures, sources, corridors, comparisons, signs, parts, act }) {
  const { h, s, bdi } = atlasKit;
  const { t, term, pick, locale, number, linkTitle, km, capacity, modeName } = words;
  const root = document.documentElement;
  const panel = document.getElementById('atlas-panel');
  let tableBody = null;

  /* legend and layers */
  const picture = (width, ...paths) => s('svg', { width, height: 16, class: 'sample', 'aria-hidden': 'true' }, paths);
  const path = (kind, width, dash, more = {}) => s('path', { d: 'M1,8H35', class: kind, fill: 'none', 'stroke-width': width, 'stroke-dasharray': dash || null, ...more });

  function modeSample(key) {
    const inner = signs.inner(key);
    return picture(36, path('casing', 6), path(`line m-${key}`, 4), inner ? path('inner', 4 * inner.width, inner.dash) : '');
  }

  function widthRow(width, label) {
    // data-px is the width that the map scales with its zoom.
    const line = path('line', width * signs.scale(), '', { 'data-px': width });
    return h('div', { class: 'key' }, picture(36, line), h('span', null, label));
  }

  function placeRow(kinds) {
    const radius = signs.look(kinds[0]) === 'minor' ? 2.4 : 4;
    const dot = s('path', { d: signs.outline(kinds[0], 8, 8, radius), class: `dot ${signs.look(kinds[0])}` });
    return h('div', { class: 'key' }, picture(16, dot), h('span', null, kinds.map((kind) => term('kind', kind)).join(', ')));
  }

  function tick(name, value, checked, change, ...content) {
    const box = h('input', { type: 'checkbox', name, value, checked, on: { change: (event) => change(event.target.checked) } });
    return h('label', { class: 'toggle' }, box, content);
  }

  function toggles(group, title, keys, label, mark) {
    const change = (key) => (on) => {
      state.off[group][on ? 'delete' : 'add'](key);
      act.refresh();
    };
    const one = (key) => tick(group, key, !state.off[group].has(key), change(key), mark(key), h('span', null, label(key)));
    return keys.length ? h('fieldset', null, h('legend', null, title), keys.map(one)) : '';
  }

  /* The keys in use, in a given order; unknown ones follow. */
  function present(order, values) {
    const used = new Set(values);
    return [...order.filter((key) => used.has(key)), ...[...used].filter((key) => key && !order.includes(key)).sort()];
  }

  function widths() {
    const limited = links.filter((link) => link.capacity !== null);
    const mass = limited.some((link) => !link.gas) ? P.style.samples.map(([mt, width]) => widthRow(width, t('unit.Mt/yr', { n: number(mt) }))) : [];
    const gas = limited.some((link) => link.gas) ? P.style.gas_samples.map(([bcm, width]) => widthRow(width, t('unit.bcm/yr', { n: number(bcm) }))) : [];
    const open = limited.length < links.length ? [widthRow(P.style.unlimited, t('unlimited'))] : [];
    const head = s('path', { d: 'M14,3L24,8L14,13z', class: 'arrow' });
    const arrow = links.some((link) => link.one_way) ? [h('div', { class: 'key' }, picture(36, path('line', 2), head), h('span', null, t('arrow')))] : [];
    // Where the page plans, the part about what lines show says what widths mean.
    if (whatif) return arrow.length ? h('fieldset', null, arrow) : '';
    return h('fieldset', null, h('legend', null, t('width')), mass.length ? h('div', null, mass) : '', h('div', null, gas, open, arrow));
  }

  function marks() {
    const kinds = present(signs.kinds, places.map((place) => place.kind));
    const looks = [...new Set(kinds.map(signs.look))].map((look) => kinds.filter((kind) => signs.look(kind) === look));
    return h('fieldset', null, h('legend', null, t('marks')), looks.map(placeRow));
  }

  function corridorTicks() {
    const change = (at) => (on) => {
      state.corridors[on ? 'add' : 'delete'](at);
      act.refresh();
    };
    return h('div', { class: 'corridors' },
      corridors.map(({ at, id, names }) => tick('corridor', id, state.corridors.has(at), change(at), bdi(pick(names)))));
  }

  function legend() {
    const dashes = P.style.dashes;
    return h('section', { class: 'legend' }, h('h2', null, t('legend')),
      toggles('colour', t('by_mode'), present(['pipeline', 'gas', ...P.style.modes.slice(1)], links.map((link) => link.colour)), modeName, modeSample),
      toggles('status', t('by_status'), present(Object.keys(dashes), links.map((link) => link.status)), (key) => term('status', key),
        (key) => picture(36, path('line', 3, dashes[key]))),
      toggles('goods', t('by_goods'), present(P.style.commodities, links.flatMap((link) => link.commodities)), (key) => term('goods', key), () => ''),
      widths(), marks(), corridors.length ? fold('corridors', t('only_corridors'), corridorTicks) : '');
  }

  /* folds, filled when first opened and open again after a change of language */
  function fold(key, title, build) {
    const body = h('div');
    const fillBody = () => { if (!body.firstChild) body.append(...[build()].flat()); };
    const toggle = (event) => {
      state.open[event.target.open ? 'add' : 'delete'](key);
      if (event.target.open) fillBody();
      if (event.target.open && key === 'table') fillTable();
    };
    if (state.open.has(key)) fillBody();
    return h('details', { id: `fold-${key}`, open: state.open.has(key), on: { toggle } }, h('summary', null, title), body);
  }

  /* the map's content as a table */
  const shownLinks = () => links.filter((link) => link.shown).sort((a, b) => linkTitle(a).localeCompare(linkTitle(b), locale()));

  function table() {
    tableBody = h('tbody');
    const head = ['line', 'carried_by', ...(whatif ? ['what.amount'] : []), 'capacity', ...(whatif ? [] : ['length'])].map((key) => h('th', { scope: 'col' }, t(key)));
    const whole = h('table', null, h('thead', null, h('tr', null, head)), tableBody);
    fillTable();
    return [
      h('p', null, h('button', { type: 'button', class: 'button', on: { click: parts.take.csv } }, t('download'))),
      h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('table') }, whole),
    ];
  }

  function fillTable() {
    // A closed fold is not worth the work; it is filled when it is opened.
    if (!tableBody || !state.open.has('table')) return;
    const line = (link) => h('tr', whatif ? { 'data-link': link.id, 'data-amount': link.amount } : null,
      h('th', { scope: 'row' }, h('button', { type: 'button', class: 'plain', on: { click: () => act.openLink(link, null, true) } }, bdi(linkTitle(link)))),
      h('td', null, modeName(link.colour), link.status === 'operating' ? '' : h('small', null, term('status', link.status))),
      whatif ? h('td', null, whatif.hint(link)) : '',
      h('td', null, capacity(link)), whatif ? '' : h('td', null, link.km === null ? '' : km(link.km)));
    tableBody.replaceChildren(...shownLinks().map(line));
  }

  function sourceList() {
    const one = (source) => {
      const words_ = figures.filter((figure) => figure.source === source.at).map((figure) => figure.confidence).filter(Boolean);
      const about = [source.publisher, source.date === 'n.d.' ? t('no_date') : source.date, ...[...new Set(words_)].map((word) => term('confidence', word))];
      return h('li', null, parts.outLink(source.url, source.title || source.publisher), h('span', { class: 'faint' }, ` · ${about.filter(Boolean).join(' · ')}`));
    };
    return h('ol', { class: 'sources' }, sources.map(one));
  }

  /* languages and themes */
  function choices(name, label, values, content, title) {
    const button = (value) => h('button', {
      type: 'button', id: `${name}-${value}`, 'aria-pressed': String(value === state[name]), title: title(value), 'aria-label': title(value),
      lang: name === 'language' && value, on: { click: () => act.choose(name, value) },
    }, content(value));
    return h('div', { class: 'choices', role: 'group', 'aria-label': label }, values.map(button));
  }

  function icon(name) {
    return s('svg', { viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' },
      s('path', { d: ATLAS_ICONS[name], 'fill-rule': 'evenodd', fill: 'currentColor' }));
  }

  function top() {
    return h('div', { class: 'top' },
      h('div', { class: 'tools' },
        choices('language', t('language'), P.languages, (value) => t(`language.${value}`), () => null),
        choices('theme', t('theme'), ['auto', 'light', 'dark'], icon, (value) => t(`theme.${value}`))),
      P.index ? h('p', { class: 'back' }, h('a', { href: 'index.html' }, `← ${t('all_maps')}`)) : '',
      h('h1', null, bdi(pick(P.title) || t('atlas'))),
      pick(P.subtitle) ? h('p', { class: 'subtitle' }, bdi(pick(P.subtitle))) : '',
      parts.searchBox());
  }

  function build() {
    tableBody = null;
    root.lang = state.language;
    document.title = pick(P.title) || t('atlas');
    document.querySelector('.skip').textContent = t('skip');
    panel.setAttribute('aria-label', pick(P.title) || t('atlas'));
    panel.replaceChildren(top(), whatif ? whatif.section() : '', ...comparisons.map(parts.comparison), legend(),
      P.notes.length ? h('section', null, h('h2', null, t('notes')), P.notes.map((note) => h('p', null, bdi(pick(note))))) : '',
      parts.take.section(),
      h('section', { class: 'folds' }, fold('table', t('table_n', { n: links.length }), table),
        sources.length ? fold('sources', t('sources_n', { n: sources.length }), sourceList) : ''),
      h('footer', null, h('p', null, t('disclaimer')), h('p', null, t('year_note', { year: P.year })), h('p', null, atlasCredits(false))));
  }

  return { build, fillTable };
}
