/* What a reader takes away: a link to this view, a frame for another page, a picture, a drawing, a table and the data. */
function atlasExport({ P, map, words, permalink, places, links, figures, sources, whatif, say }) {
  const { h } = atlasKit;
  const { t, pick, placeName } = words;
  const TWICE = 2;
  const compose = atlasDrawing({ P, map, words, links, whatif });
  // A page within another document (srcdoc) has no address to hand on.
  const hasAddress = location.protocol !== 'about:';
  const file = location.pathname.split('/').pop();
  const [, stem] = /^([\w-]+)\.html?$/.exec(file) || ['', 'atlas'];
  const shownLinks = () => links.filter((link) => link.shown);
  const columns = (names) => (links.some((link) => link.amount !== undefined) ? [...names, 'amount'] : names);

  function save(blob, ending) {
    const url = URL.createObjectURL(blob);
    h('a', { href: url, download: `${stem}.${ending}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
    say(t('saved', { file: `${stem}.${ending}` }));
  }

  /* the table */
  function cell(value) {
    if (typeof value === 'number') return String(value);
    const text = value === null || value === undefined ? '' : String(value);
    // A cell that begins like a formula would be run by a spreadsheet; an apostrophe keeps it text.
    return `"${text.replace(/^(?=[=+\-@\t\r])/, "'").replace(/"/g, '""')}"`;
  }

  function csv() {
    const heads = columns(['id', 'from', 'to', 'mode', 'commodities', 'status', 'stated', 'capacity', 'km', 'days', 'cost', 'countries', 'note']);
    const value = (link, column) => {
      if (column === 'from' || column === 'to') return placeName(link[column]);
      return Array.isArray(link[column]) ? link[column].join(';') : link[column];
    };
    // Amounts and capacities are kt a year (gas: million m3), and a plan is one of a scenario, a year and closures.
    const view = whatif ? { scenario: whatif.view.scenario || 'base', year: whatif.view.year, closed: whatif.view.closed.join(';') } : {};
    const rows = shownLinks().map((link) => [...heads.map((column) => value(link, column)), link.gas ? 'mcm/yr' : 'kt/yr', ...Object.values(view)].map(cell).join(','));
    heads.push('unit', ...Object.keys(view));
    save(new Blob(['\ufeff', [heads.join(','), ...rows].join('\r\n')], { type: 'text/csv' }), 'csv');
  }

  /* the data, as RFC 7946 has it: degrees, longitude first */
  const named = (names) => Object.fromEntries(P.languages.map((language, i) => [`name_${language}`, Array.isArray(names) ? names[i] : names]));
  function source(at) {
    const figure = figures[at];
    if (!figure) return { evidence: '', source: '', source_url: '' };
    const { title, publisher, url } = sources[figure.source] || {};
    return { evidence: figure.kind, source: title || publisher || '', source_url: url || '' };
  }
  const feature = (id, type, coordinates, properties) => ({ type: 'Feature', id, geometry: { type, coordinates }, properties: { id, ...properties } });

  function linkFeature(link) {
    const title = P.languages.map((_, i) => [link.from, link.to].map((at) => [places[at].names].flat()).map((names) => names[i] || names[0]).join(' – '));
    return feature(link.id, 'LineString', link.points.map(([lat, lon]) => [lon, lat]), {
      ...named(title), from: places[link.from].id, to: places[link.to].id, mode: link.mode, commodities: link.commodities, status: link.status,
      one_way: link.one_way, capacity: link.capacity, unit: link.gas ? 'mcm/yr' : 'kt/yr', stated_capacity: link.stated,
      length_km: link.km, days: link.days, cost_usd_t: link.cost, countries: link.countries, drawn: link.quality || 'geodesic',
      ...source(link.figures[0]), ...(link.amount === undefined ? {} : { amount: link.amount }),
    });
  }

  const placeFeature = (place) => feature(place.id, 'Point', [place.lon, place.lat], {
    ...named(place.names), kind: place.kind, country: place.country, stated_capacity: place.stated_capacity, ...source(place.figures[0]),
  });

  function geojson() {
    const features = [...shownLinks().map(linkFeature), ...places.filter((place) => place.shown).map(placeFeature)];
    const whole = { type: 'FeatureCollection', title: pick(P.title), year: whatif ? whatif.view.year : P.year,
      ...(whatif ? { scenario: whatif.view.scenario || 'base', closed: whatif.view.closed } : {}), credits: ATLAS_CREDITS.map(([name, more]) => name + more), features };
    save(new Blob([JSON.stringify(whole)], { type: 'application/geo+json' }), 'geojson');
  }

  /* the picture */
  const svg = () => save(new Blob([compose().text], { type: 'image/svg+xml' }), 'svg');

  function png() {
    const { text, width, height } = compose();
    const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
    const image = new Image();
    image.addEventListener('load', () => {
      const canvas = h('canvas', { width: TWICE * width, height: TWICE * height });
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(url);
      canvas.toBlob((blob) => (blob ? save(blob, 'png') : say(t('not_saved'))), 'image/png');
    });
    image.addEventListener('error', () => say(t('not_saved')));
    image.src = url;
  }

  /* what is copied: to the clipboard where a page may write there, else selected for the reader's own keys */
  const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  function frame() {
    const address = [file || './', permalink.hash()].filter(Boolean).join('#');
    return `<iframe src="${escaped(address)}" width="100%" height="640" title="${escaped(pick(P.title) || t('atlas'))}" loading="lazy"></iframe>`;
  }

  function section() {
    const field = h('textarea', { id: 'take-text', readonly: true, rows: 4, spellcheck: 'false' });
    const label = h('label', { for: 'take-text', class: 'faint' });
    const status = h('p', { class: 'faint' });
    const tell = (text) => { status.textContent = text; say(text); };
    const button = (key, run) => h('button', { type: 'button', class: 'button', id: `take-${key}`, on: { click: run } }, t(`take.${key}`));
    function put(text, what) {
      label.textContent = what;
      field.value = text;
      box.hidden = false;
      field.focus();
      field.select();
    }
    async function copy(text, what) {
      try {
        await navigator.clipboard.writeText(text);
        tell(t('copied'));
      } catch {
        put(text, what);
        tell(t('copy_by_hand'));
      }
    }
    const box = h('div', { class: 'take-box', hidden: true }, label, field, button('copy', () => copy(field.value, label.textContent)));
    return h('section', { class: 'take' }, h('h2', null, t('take')),
      h('div', { class: 'buttons' },
        hasAddress ? [button('link', () => copy(permalink.address(), t('view_link'))), button('embed', () => put(frame(), t('embed_code')))] : '',
        button('png', png), button('svg', svg), button('csv', csv), button('geojson', geojson)),
      box, status);
  }

  return { section, csv };
}
