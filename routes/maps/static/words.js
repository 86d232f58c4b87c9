/* Everything a reader reads: texts, names, numbers and amounts in the language of the moment. */
function atlasWords({ P, places, language }) {
  const { plainForm } = atlasKit;
  const t = (key, values) => {
    if (!has(key)) throw new Error(`no text for ${key}`);
    const text = pick(P.strings[key]);
    return values ? text.replace(/\{(\w+)\}/g, (_, name) => values[name]) : text;
  };
  const has = (key) => Object.hasOwn(P.strings, key);
  const term = (group, word) => (has(`${group}.${word}`) ? t(`${group}.${word}`) : word);
  const pick = (text) => (Array.isArray(text) ? text[P.languages.indexOf(language())] : text);
  // Some browsers say that they have Kazakh numbers and write English ones; the Russian ones are written as the Kazakh.
  const locale = () => ({ en: 'en-GB', ru: 'ru-RU', kk: 'ru-RU' }[language()]);
  // Making a formatter takes far longer than using one.
  const formats = new Map();
  const number = (value, digits = 3) => {
    const most = Math.min(21, Math.max(digits, Math.ceil(Math.log10(Math.abs(value) + 1))));
    const key = `${language()} ${most}`;
    if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(locale(), { maximumSignificantDigits: most }));
    return formats.get(key).format(value);
  };
  const many = (value) => (value < 1e6 ? number(Number(value.toPrecision(2)))
    : new Intl.NumberFormat(locale(), { notation: 'compact', compactDisplay: 'long', maximumSignificantDigits: 2 }).format(value));
  const country = (code) => (P.names[code] ? pick(P.names[code]) : code);
  const placeName = (at) => pick(places[at].names);
  const shortName = (at) => placeName(at).replace(/\s*(\([^)]*\)|,.*)\s*$/, '');
  const linkTitle = (link) => `${placeName(link.from)} ${link.one_way ? '→' : '–'} ${placeName(link.to)}`;
  const properName = (link) => (language() === 'en' && link.name && !sameName(link) ? link.name : '');
  const sameName = (link) => plainForm(link.name).replace(/[^\p{L}\p{N}]/gu, '')
    === plainForm(placeName(link.from) + placeName(link.to)).replace(/[^\p{L}\p{N}]/gu, '');
  const inUnit = (value, unit) => (has(`unit.${unit}`) ? t(`unit.${unit}`, { n: number(value, 4) }) : `${number(value, 4)} ${unit}`);
  const tonnes = (kt) => (kt > 0 && kt < 95 ? t('unit.kt/yr', { n: number(kt) }) : t('unit.Mt/yr', { n: number(kt / 1000) }));
  const gasAmount = (mcm) => (mcm > 0 && mcm < 95 ? t('unit.mcm/yr', { n: number(mcm) }) : t('unit.bcm/yr', { n: number(mcm / 1000) }));
  const km = (value) => t('unit.km', { n: number(Math.round(value), 4) });
  // Texts with several plural forms hold them in the order one | few | many; a language without plurals holds one form.
  const FORM = { one: 0, few: 1, many: 2, two: 1 };
  const plural = (key, value, n) => {
    const forms = t(key).split('|');
    const form = FORM[new Intl.PluralRules(locale()).select(value)];
    return forms[Math.min(form === undefined ? (forms.length > 2 ? 1 : forms.length - 1) : form, forms.length - 1)].replace('{n}', n);
  };
  const days = (value) => { const n = Number(value.toPrecision(2)); return plural('unit.days', n, number(n)); };
  const money = (value, gas) => t(gas ? 'unit.usd_gas' : 'unit.usd_t', { n: number(value < 10 ? value : Math.round(value), 2) });
  const stated = (text) => {
    const [, value, unit] = /^([\d.eE+]+) (\S+)$/.exec(text || '') || [];
    return unit ? inUnit(Number(value), unit) : text === 'unlimited' ? t('unlimited') : text;
  };
  const capacity = (link) => {
    if (link.capacity === null) return t('unlimited');
    if (/ TEU\/yr$/.test(link.stated)) return stated(link.stated);
    return link.gas ? gasAmount(link.capacity) : tonnes(link.capacity);
  };
  const hasGas = P.links.columns.colour && [P.links.columns.colour.of || P.links.columns.colour].flat().includes('gas');
  const modeName = (key) => term('mode', key === 'pipeline' && hasGas ? 'oil' : key);

  return {
    t, has, term, pick, locale, number, many, country, placeName, shortName, linkTitle, properName, inUnit, tonnes, gasAmount,
    km, days, money, stated, capacity, modeName,
  };
}
