// The view in the page's address. A part of the page adds a key: `get` says its value, '' for the usual one, and `set`
// takes back what an address says. Addresses come from strangers, so `set` accepts only what it knows.
function atlasPermalink(map) {
  const WAIT_MS = 250;
  const parts = new Map();
  let timer = 0, known = location.hash;

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return '';
    }
  }
  // These may stand in a fragment as they are, and are easier to read so.
  const encoded = (text) => encodeURIComponent(text).replace(/%(2C|3A|40)/g, decodeURIComponent);
  const join = (items) => [...items].map((item) => item.replace(/[%,]/g, encodeURIComponent)).join(',');
  const split = (value) => value.split(',').map(decoded);

  const hash = () => [...parts].map(([key, part]) => [key, part.get()]).filter(([, value]) => value)
    .map(([key, value]) => `${key}=${encoded(value)}`).join('&');
  const address = () => [location.href.split('#')[0], hash()].filter(Boolean).join('#');

  function write() {
    // An address that the page has not read yet is on its way to it, and is not to be written over.
    if (location.hash !== known || hash() === location.hash.slice(1)) return;
    try {
      history.replaceState(history.state, '', address());
      known = location.hash;
    } catch {
      // Inside another document (srcdoc) there is no address to write to; the page works without.
    }
  }

  function changed() {
    clearTimeout(timer);
    timer = setTimeout(write, WAIT_MS);
  }

  function read() {
    known = location.hash;
    const text = location.hash.slice(1);
    // A fragment without a key, such as the skip link's, says nothing about the view.
    const pairs = text.split('&').filter((pair) => pair.includes('='));
    if (!text || pairs.length) {
      const said = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), decoded(pair.slice(pair.indexOf('=') + 1))]));
      for (const [key, part] of parts) {
        const value = said.get(key) || '';
        if (value !== part.get()) part.set(value);
      }
    }
    changed();
  }

  /* From now on the address follows the view, and the view the address. Keys are taken in the order they were added. */
  function start() {
    read();
    window.addEventListener('hashchange', read);
    // Whatever a reader chooses is chosen by one of these; what changes later calls `changed` itself.
    ['click', 'change', 'keyup'].forEach((type) => document.addEventListener(type, changed, true));
    map.on('moveend popupopen popupclose', changed);
  }

  return { add: (key, part) => parts.set(key, part), join, split, hash, address, changed, start };
}

/* What every page can say of itself: language, theme, layers, corridors, the place on the map and the open card. */
function atlasViewKeys({ permalink, map, state, groups, corridors, languages, usual, act }) {
  const among = (value, choices) => (choices.includes(value) ? value : null);
  const inRange = (text, low, high) => Math.max(low, Math.min(high, Number(text)));
  const NUMBER = '-?\\d{1,3}(?:\\.\\d{1,6})?';
  const VIEW = new RegExp(`^(${NUMBER}),(${NUMBER}),(${NUMBER})$`);
  const CARD = new RegExp(`^(link|place|state|corridor):(.+?)(?:@(${NUMBER}),(${NUMBER}))?$`);
  const spot = (lat, lon) => L.latLng(inRange(lat, -60, 85), inRange(lon, -180, 180));

  permalink.add('lang', {
    get: () => (state.language === usual ? '' : state.language),
    set: (value) => act.choose('language', among(value, languages) || usual),
  });
  permalink.add('theme', {
    get: () => (state.theme === 'auto' ? '' : state.theme),
    set: (value) => act.choose('theme', among(value, ['light', 'dark']) || 'auto'),
  });
  // A colour is named as it is, goods and states with their group: "rail,goods.gas,status.planned".
  const layers = Object.entries(groups).flatMap(([group, keys]) => keys.map((key) => ({ group, key, word: group === 'colour' ? key : `${group}.${key}` })));
  permalink.add('off', {
    get: () => permalink.join(layers.filter(({ group, key }) => state.off[group].has(key)).map(({ word }) => word)),
    set: (value) => {
      const wanted = permalink.split(value);
      layers.forEach(({ group, key, word }) => state.off[group][wanted.includes(word) ? 'add' : 'delete'](key));
      act.rebuild();
    },
  });
  permalink.add('corridor', {
    get: () => permalink.join(corridors.filter(({ at }) => state.corridors.has(at)).map(({ id }) => id)),
    set: (value) => {
      const wanted = permalink.split(value);
      state.corridors = new Set(corridors.filter(({ id }) => wanted.includes(id)).map(({ at }) => at));
      act.rebuild();
    },
  });

  function addPlace() {
    let said = null;
    permalink.add('at', {
      get: () => (act.isHome() ? '' : act.isAt(said) ? said.text : `${act.coordinates(map.getCenter())},${map.getZoom()}`),
      set: (value) => {
        const [, lat, lon, zoom] = VIEW.exec(value) || [];
        if (!zoom && !value) act.home();
        if (!zoom) return;
        map.setView(spot(lat, lon), inRange(zoom, map.getMinZoom(), map.getMaxZoom()), { animate: false });
        said = { centre: map.getCenter(), zoom: map.getZoom() };
        said.text = `${act.coordinates(said.centre)},${said.zoom}`;
      },
    });
    permalink.add('open', {
      get: () => (state.popup ? state.popup.id : ''),
      set: (value) => {
        const [, kind, id, lat, lon] = CARD.exec(value) || [];
        act.close();
        if (id) act.open(kind, id, lon && spot(lat, lon));
      },
    });
  }
  return { addPlace };
}
