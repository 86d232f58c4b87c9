/* The search box: places, corridors and lines by name in any of the page's languages, by keyboard or by mouse. */
function atlasSearch({ P, words, places, links, corridors, states, open, say }) {
  const { plainForm, h, bdi } = atlasKit;
  const { t, term, pick, country, linkTitle, modeName } = words;
  const inEach = (names) => P.languages.map((_, i) => (Array.isArray(names) ? names[i] : names));
  const ends = (link) => {
    const [from, to] = [link.from, link.to].map((end) => inEach(places[end].names));
    return from.map((name, i) => `${name} ${to[i]}`);
  };
  // Made at the first key: a big network has more names than most readers ever look for.
  let index = null;
  const indexed = () => [
    ...places.map((place) => ({ kind: 'place', record: place, texts: [place.id, place.unlocode, ...inEach(place.names)] })),
    ...corridors.map((corridor) => ({ kind: 'corridor', record: corridor, texts: [corridor.id, ...inEach(corridor.names)] })),
    ...states.map((state) => ({ kind: 'state', record: state, texts: [state.code, ...inEach(state.names)] })),
    ...links.map((link) => ({ kind: 'link', record: link, texts: [link.id, link.name, ...ends(link)] })),
  ].map((entry, order) => ({ ...entry, order, texts: [...new Set(entry.texts.filter(Boolean))].map(plainForm) }));

  /* -1: is it; 0: begins so; 1: each word begins one of its words; 2: holds it somewhere; 9: not at all. */
  function rank(text, asked, wanted) {
    if (!text.includes(wanted[0])) return 9;
    if (text === asked) return -1;
    if (text.startsWith(asked)) return 0;
    const parts = text.split(/[\s(–:/-]+/);
    if (wanted.every((want) => parts.some((part) => part.startsWith(want)))) return 1;
    return text.includes(asked) ? 2 : 9;
  }

  function matches(query) {
    const asked = plainForm(query.trim());
    if (!asked) return [];
    const wanted = asked.split(/[\s–-]+/);
    index ??= indexed();
    return index.map((entry) => ({ entry, score: Math.min(...entry.texts.map((text) => rank(text, asked, wanted))) }))
      .filter((found) => found.score < 9)
      .sort((a, b) => a.score - b.score || a.entry.order - b.entry.order)
      .slice(0, 9).map((found) => found.entry);
  }

  const label = ({ kind, record }) => (kind === 'link' ? linkTitle(record) : pick(record.names));
  function note({ kind, record }) {
    if (kind === 'link') return modeName(record.colour);
    return kind === 'place' ? `${term('kind', record.kind || 'place')}, ${country(record.country)}` : t(kind === 'state' ? 'state' : 'corridor');
  }

  return function box() {
    const list = h('ul', { role: 'listbox', id: 'found', hidden: true, 'aria-label': t('search') });
    const input = h('input', {
      type: 'search', id: 'search', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'found', 'aria-autocomplete': 'list',
      autocomplete: 'off', spellcheck: 'false', placeholder: t('search_hint'),
    });
    let found = [], active = 0;
    function close() {
      list.hidden = true;
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
    }
    function choose(at) {
      if (!found[at]) return;
      close();
      input.value = label(found[at]);
      open(found[at]);
    }
    function option(entry, i) {
      const pick_ = (event) => { event.preventDefault(); choose(i); };
      return h('li', { role: 'option', id: `found-${i}`, 'aria-selected': String(i === active), on: { mousedown: pick_ } },
        bdi(label(entry)), h('small', null, note(entry)));
    }
    function paint() {
      list.replaceChildren(...(found.length ? found.map(option) : [h('li', { class: 'faint' }, t('nothing_found'))]));
      list.hidden = !input.value.trim();
      input.setAttribute('aria-expanded', String(!list.hidden));
      if (found.length) input.setAttribute('aria-activedescendant', `found-${active}`);
    }
    input.addEventListener('input', () => {
      found = matches(input.value);
      active = 0;
      paint();
      say(t('found', { n: found.length }));
    });
    input.addEventListener('blur', close);
    input.addEventListener('keydown', (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === 'Escape') close();
      if (!found.length || !(step || event.key === 'Enter')) return;
      event.preventDefault();
      if (step) {
        active = (active + step + found.length) % found.length;
        paint();
      } else choose(active);
    });
    return h('div', { class: 'search' }, h('label', { for: 'search', class: 'sr' }, t('search')), input, list);
  };
}
