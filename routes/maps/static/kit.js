/* What the page's parts share: packed data opened, and elements made without ever reading a text as HTML. */
const atlasKit = (() => {
  const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const VALUE = new Uint8Array(128);
  [...DIGITS].forEach((digit, value) => { VALUE[digit.charCodeAt(0)] = value; });

  function unpack(text, perDegree) {
    const points = [];
    let at = 0, x = 0, y = 0;
    const step = () => {
      let shift = 0, value = 0, digit;
      do {
        digit = VALUE[text.charCodeAt(at++)];
        value |= (digit & 31) << shift;
        shift += 5;
      } while (digit & 32);
      return value & 1 ? ~(value >> 1) : value >> 1;
    };
    while (at < text.length) {
      x += step();
      y += step();
      points.push([y / perDegree, x / perDegree]);
    }
    return points;
  }

  function records(table) {
    const made = Array.from({ length: table.count }, (_, at) => ({ at }));
    for (const [name, column] of Object.entries(table.columns)) {
      const code = (at) => {
        let number = 0;
        for (let place = column.letters - 1; place >= 0; place -= 1) number = 64 * number + VALUE[column.at.charCodeAt(column.letters * at + place)];
        return number;
      };
      // Letters stand for a value of a list or, without one, for a number.
      const value = column.of ? (at) => column.of[code(at)] : column.letters ? code : (at) => column[at];
      made.forEach((record) => { record[name] = value(record.at); });
    }
    return made;
  }

  const safeLink = (url) => (/^https?:\/\//i.test(url || '') ? url : '');
  const plainForm = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

  const SVG = 'http://www.w3.org/2000/svg';
  function fill(element, props, kids) {
    for (const [key, value] of Object.entries(props || {})) {
      if (value === false || value === null || value === undefined) continue;
      if (key === 'on') Object.entries(value).forEach(([type, run]) => element.addEventListener(type, run));
      else if (key === 'css') Object.entries(value).forEach(([name, v]) => element.style.setProperty(name, v));
      else element.setAttribute(key, value === true ? '' : value);
    }
    element.append(...kids.flat(3).filter((kid) => kid || kid === 0));
    return element;
  }
  const h = (tag, props, ...kids) => fill(document.createElement(tag), props, kids);
  const s = (tag, props, ...kids) => fill(document.createElementNS(SVG, tag), props, kids);
  const bdi = (text) => h('bdi', null, text);

  return { unpack, records, safeLink, plainForm, fill, h, s, bdi };
})();
