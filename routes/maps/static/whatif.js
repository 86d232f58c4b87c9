/* What if: the reader closes links, places, corridors and states, chooses a scenario and a year, and the plan is made anew. */
function atlasWhatIf({ P, words, places, links, corridors, figures, act }) {
  const { h, s, bdi } = atlasKit;
  const { t, term, pick, number, many, country, placeName, shortName, linkTitle, tonnes, gasAmount, km, days, money } = words;
  const model = atlasPlan({ P, places, links, corridors });
  const SHOWN = 7;
  const SHOWS = ['flow', 'use', 'change', 'room'];
  const KINDS = ['link', 'place', 'corridor', 'country'];
  const TRACE = 0.05;
  const states = [...new Set([...places.map(({ country: code }) => code), ...links.flatMap(({ countries }) => countries)])].sort();
  // `chosen` is how the reader wants lines coloured; until then what changes is shown once something is closed.
  const view = { scenario: '', year: model.year, closed: [], before: '', swipe: false, moving: true, chosen: '', flow: 0 };
  let now = null, then = null, box = null, out = null, timer = 0, later = 0;
  const yearly = new Map();

  /* views */
  const variant = (id) => model.variants.find((one) => one.id === id) || model.variants[0];
  const isBase = () => !view.scenario && view.year === model.year && !view.closed.length;
  const show = () => view.chosen || (!view.swipe && now && then && !same() ? 'change' : 'flow');
  const same = () => links.every(({ at }) => Math.abs(now.byLink[at].total - then.byLink[at].total) <= TRACE);
  const asked = () => ({ scenario: view.scenario, year: view.year, closed: view.closed });
  const ownYear = (id) => variant(id).year || model.year;

  function compute() {
    now = model.solve(asked());
    if (!then || then.view.scenario !== view.before) then = model.solve({ scenario: view.before, year: ownYear(view.before), closed: [] });
    if (now.broken.length) void0(now);
    if (!slope) measure(then);
    paint();
  }
  /* A plan that breaks a contract is none, as in routes.allocate. */
  function void0(plan) {
    plan.none = true;
    plan.byLink.forEach((amount) => { amount.total = 0; amount.net = 0; });
    plan.ways = [];
    plan.full = [];
    [plan.byCorridor, plan.byCountry, plan.through].forEach((map) => map.clear());
  }

  // The largest amount of the case as it is gets a broad line, however few tonnes that may be.
  const WIDTHS = P.style.widths;
  const BROAD = 8;
  let slope = 0;
  function measure(plan) {
    const most = Math.max(...plan.byLink.map(({ total }) => total), 1);
    slope = Math.max((isGas() ? WIDTHS.bcm : WIDTHS.mt) / 1000, BROAD / most);
  }
  const px = (amount) => Math.min(WIDTHS.cap, WIDTHS.hair + slope * Math.max(amount, 0));

  /* How every line looks under a plan: width in pixels, tone (a class), heading along (1) or against (-1) its line. */
  function looks(plan, how) {
    return links.map((link) => {
      const amount = plan.byLink[link.at].total, net = plan.byLink[link.at].net;
      const heading = Math.abs(net) > TRACE ? Math.sign(net) : 0;
      const limit = plan.limitOf('link', link.at);
      const shut = plan.gone.has(link.at);
      const look = { amount, net, limit, shut, heading, width: px(amount), tone: '' };
      if (how === 'room') return { ...look, width: link.room, heading: link.one_way ? 1 : 0, tone: shut ? 'shut' : '' };
      if (how === 'change') {
        const by = amount - then.byLink[link.at].total;
        if (Math.abs(by) > TRACE) return { ...look, width: px(Math.abs(by)), tone: by > 0 ? 'gained' : 'lost', heading: by > 0 ? heading : 0, by };
        return { ...look, width: Math.min(look.width, 2.2), tone: shut ? 'shut' : amount > TRACE ? 'kept' : 'idle', heading: 0 };
      }
      if (amount <= TRACE) return { ...look, width: 1, tone: shut ? 'shut' : 'idle' };
      const used = limit === Infinity ? 0 : amount / limit;
      return how === 'use' ? { ...look, used, tone: `used${used > 0.995 ? 3 : used > 0.75 ? 2 : used > 0.4 ? 1 : 0}` } : { ...look, used };
    });
  }
  function paint() {
    const drawn = looks(now, show());
    links.forEach((link) => {
      link.look = drawn[link.at];
      link.width = link.look.width;
      link.amount = now.byLink[link.at].total;
    });
    const busy = new Set(links.filter((link) => link.amount > TRACE || (show() === 'change' && link.look.by)).flatMap((link) => [link.from, link.to]));
    places.forEach((place) => { place.idle = show() !== 'room' && !busy.has(place.at); });
  }

  /* amounts */
  const flowOf = (plan) => plan.flows[view.flow];
  const isGas = () => flowOf(now).commodity === 'gas';
  const bare = (kt) => number(Math.abs(kt) < TRACE ? 0 : Math.round(kt) / 1000, Math.abs(kt) >= 99950 ? 4 : 3);
  const said = (kt) => (isGas() ? gasAmount(kt) : tonnes(kt));
  const carried = (link, kt) => (link.gas ? gasAmount(kt) : tonnes(kt));
  const amount = (kt) => (Math.abs(kt) < TRACE ? t('none') : said(kt));
  const boxes = (kt) => (flowOf(now).commodity === 'container' && kt > TRACE ? t('unit.TEU', { n: many(kt * model.teu) }) : '');
  const unit = () => t(isGas() ? 'what.bcm' : 'what.mt');

  /* names */
  const nameOf = {
    link: (id) => { const link = links.find((one) => one.id === id); return link ? linkTitle(link) : id; },
    place: (id) => { const place = places.find((one) => one.id === id); return place ? placeName(place.at) : id; },
    corridor: (id) => { const corridor = corridors.find((one) => one.id === id); return corridor ? pick(corridor.names) : id; },
    country: (code) => country(code),
  };
  const kindOf = (id) => id.slice(0, id.indexOf(':'));
  const title = (id) => nameOf[kindOf(id)](id.slice(kindOf(id).length + 1));
  const exists = (id) => {
    const kind = kindOf(id), name = id.slice(kind.length + 1);
    if (kind === 'country') return states.includes(name);
    return KINDS.includes(kind) && { link: links, place: places, corridor: corridors }[kind].some((one) => one.id === name);
  };
  const scenarioName = (id) => pick(variant(id).name);

  /* changes */
  function set(changes, message) {
    Object.assign(view, changes);
    compute();
    act.repaint();
    fill();
    act.say(message || headline().join(' '));
    act.changed();
  }
  const toggle = (id) => set({ closed: view.closed.includes(id) ? view.closed.filter((one) => one !== id) : [...view.closed, id] });
  const closed = (id) => view.closed.includes(id);

  /* The button that closes or opens one thing again. */
  function closer(id, { small = false } = {}) {
    const label = t(closed(id) ? 'what.open' : 'what.close');
    return h('button', {
      type: 'button', class: small ? 'shut-button small' : 'shut-button', 'aria-pressed': String(closed(id)), 'data-close': id,
      'aria-label': small ? `${label}: ${title(id)}` : null, title: small ? label : null,
      // The button may be gone once this is done, and the map would take the click for its own.
      on: { click: (event) => { event.stopPropagation(); act.then(() => toggle(id)); } },
    }, small ? (closed(id) ? '↺' : '×') : `${label}`);
  }

  /* What a card says of a link, place or state on a page that plans. */
  function cardPart(kind, record) {
    const id = `${kind}:${kind === 'country' ? record.code : record.id}`;
    const parts = [];
    if (kind === 'link') {
      const { amount: moved, limit, shut } = record.look;
      const before = then.byLink[record.at].total;
      parts.push(h('p', { class: 'moved' }, shut ? h('b', null, t('what.out')) : [h('b', null, moved > TRACE ? carried(record, moved) : t('what.unused')),
        moved > TRACE && limit < Infinity ? ` · ${t('what.used', { n: number(100 * moved / limit, 2) })}` : ''],
      Math.abs(before - moved) > TRACE ? h('span', { class: 'faint' }, ` · ${t('what.was', { x: before > TRACE ? carried(record, before) : t('none') })}`) : ''));
    } else {
      const crossed = { place: (way) => way.places.includes(record.at), country: (way) => way.countries.includes(record.code),
        corridor: (way) => model.members[record.at].counted.some((at) => way.links.includes(at)) }[kind];
      const sum = (plan) => plan.ways.filter(crossed).reduce((total, way) => total + way.amount, 0);
      parts.push(h('p', { class: 'moved' }, h('b', null, amount(sum(now))), ` · ${t({ place: 'what.through', country: 'what.crosses', corridor: 'what.goes_by' }[kind])}${now.flows.length > 1 ? ` (${t('what.all_flows')})` : ''}`,
        Math.abs(sum(then) - sum(now)) > TRACE ? h('span', { class: 'faint' }, ` · ${t('what.was', { x: amount(sum(then)) })}`) : ''));
    }
    parts.push(h('p', null, closer(id), kind === 'corridor' ? h('span', { class: 'faint' }, ` ${t('what.all_lines', { n: model.members[record.at].links.length })}`) : ''));
    if (kind === 'link') {
      const member = corridors.filter((corridor) => model.members[corridor.at].links.includes(record.at));
      const more = [...member.map((corridor) => `corridor:${corridor.id}`), ...record.countries.map((code) => `country:${code}`)];
      if (more.length) {
        parts.push(h('details', { class: 'fold' }, h('summary', null, t('what.also')),
          h('ul', { class: 'closers' }, more.map((one) => h('li', null, bdi(title(one)), ' ', closer(one, { small: true }))))));
      }
    }
    return h('div', { class: 'what-card' }, parts);
  }

  /* The change in words; every number is computed. */
  function headline() {
    if (now.none) return [t('what.broken', { x: now.broken.map(({ flow, floor, lacks }) => `${flowTitle(flow)}: ${floorName(floor)} (${t('what.lacks', { x: tonnes(lacks) })})`).join('; ') })];
    const [a, b] = [flowOf(then), flowOf(now)];
    if (isBase() && !view.before) {
      return [t('what.base', { flow: flowTitle(b.name), x: amount(b.delivered), y: bare(b.asked), cost: costWords(b), days: b.days === null ? '–' : days(b.days) })];
    }
    const what = [view.scenario ? scenarioName(view.scenario) : '', view.year !== ownYear(view.scenario) ? String(view.year) : '',
      view.closed.length ? t('what.closed_list', { x: view.closed.map(title).join(', ') }) : ''].filter(Boolean).join('; ') || scenarioName('');
    const used = model.displaced(then, view.flow, now.gone, now.gonePlaces);
    const lost = a.delivered - b.delivered;
    const told = [];
    // What is smaller is rounding in the tables, not news.
    const least = Math.max(TRACE, 1e-4 * a.asked);
    const off = Math.max(lost, 0);
    if (used > least) {
      const key = off <= least ? 'what.all_others' : used - off <= least ? (off - used > least ? 'what.crowded' : 'what.none_others') : 'what.used_it';
      told.push(t(key, { what, x: amount(used), other: amount(used - off), lost: amount(off), more: amount(off - used) }));
    } else if (Math.abs(lost) > least) {
      told.push(t(lost > 0 ? 'what.less' : 'what.more', { what, x: amount(Math.abs(lost)) }));
    } else {
      told.push(t(moved() ? 'what.moved' : 'what.same', { what, flow: flowTitle(b.name) }));
    }
    const cost = (flow) => number(isGas() ? Math.round(flow.cost * 10) / 10 : Math.round(flow.cost), 3);
    const time = (flow) => days(flow.days);
    if (a.cost !== null && b.cost !== null && (cost(a) !== cost(b) || time(a) !== time(b))) {
      told.push(t(isGas() ? 'what.cost_gas' : 'what.cost', { before: cost(a), now: cost(b), days_before: time(a), days: time(b) }));
    }
    now.flows.map((flow, at) => ({ flow, by: flow.delivered - then.flows[at].delivered, at }))
      .filter(({ at, by, flow }) => at !== view.flow && Math.abs(by) > Math.max(TRACE, 1e-4 * flow.asked))
      .forEach(({ flow, by }) => told.push(t(by < 0 ? 'what.other_less' : 'what.other_more', { flow: flowTitle(flow.name), x: flow.commodity === 'gas' ? gasAmount(Math.abs(by)) : tonnes(Math.abs(by)) })));
    return told;
  }
  /* Whether the chosen flow takes other links than before. */
  function moved() {
    const by = (plan) => {
      const sums_ = new Map();
      plan.ways.filter((way) => way.flow === view.flow).forEach((way) => way.links.forEach((at) => sums_.set(at, (sums_.get(at) || 0) + way.amount)));
      return sums_;
    };
    const [was, is] = [by(then), by(now)];
    return [...new Set([...was.keys(), ...is.keys()])].some((at) => Math.abs((was.get(at) || 0) - (is.get(at) || 0)) > TRACE);
  }
  /* What each route has left beside the plan: the least of what its links and places have left. */
  const withSpare = (routes) => routes.map((route) => ({
    ...route,
    spare: route.capacity === null || now.none ? null : Math.max(0, Math.min(...route.links.map((at) => now.limitOf('link', at) - now.byLink[at].total),
      ...route.places.slice(1, -1).map((at) => now.limitOf('place', at) - (now.through.get(at) || 0)))),
  }));
  const flowTitle = (name) => { const flow = P.plan.flows.find((one) => one.name === name); return flow ? pick(flow.title) : name; };
  const floorName = ({ name }) => (['corridor', 'link', 'place'].map((kind) => `${kind}:${name}`).filter(exists).map(title)[0] || name);
  const costWords = (flow) => (flow.cost === null ? '–' : money(flow.cost, flow.commodity === 'gas'));

  /* the panel's part */
  const choice = (label, id, options, change) => h('label', { class: 'field' }, h('span', null, label),
    h('select', { id, on: { change: (event) => change(event.target.value) } }, options));

  function section() {
    const [first, last] = [model.years[0], model.years[model.years.length - 1]];
    out = h('div', { class: 'what-out' });
    box = h('section', { class: 'what', id: 'what-if', 'aria-label': t('what.title') },
      h('h2', { class: 'sr' }, t('what.title')),
      h('p', { class: 'faint' }, t('what.how')),
      choice(t('what.scenario'), 'what-scenario', scenarioOptions(), (value) => set({ scenario: value, year: ownYear(value) })),
      h('label', { class: 'field' }, h('span', null, t('what.year')),
        h('span', { class: 'slider' }, h('input', { type: 'range', id: 'what-year', min: first, max: last, step: 1, value: view.year, disabled: first === last,
          on: { input: (event) => { const year = Number(event.target.value); box.querySelector('output').textContent = year; clearTimeout(timer); timer = setTimeout(() => set({ year }), 40); } } }),
        h('output', { for: 'what-year' }, String(view.year)))),
      choice(t('what.add'), 'what-close', closable(), (value) => { if (value) toggle(value); }),
      out);
    fill();
    return box;
  }
  /* Corridors and states in a list, those that the plan uses first; links and places are closed on the map or from the search. */
  function closable() {
    const lines = corridors.filter((corridor) => model.members[corridor.at].links.length).map((corridor) => ({
      id: `corridor:${corridor.id}`, text: pick(corridor.names), used: model.members[corridor.at].links.some((at) => now.byLink[at].total > TRACE),
    }));
    const lands = states.map((code) => ({ id: `country:${code}`, text: country(code), used: now.byCountry.has(code) }));
    const option = ({ id, text }) => h('option', { value: id }, text);
    const group = (label, list) => (list.length ? h('optgroup', { label }, list.map(option)) : '');
    const open = (list) => list.filter(({ id }) => !closed(id));
    return [h('option', { value: '' }, t('what.pick')), group(t('what.corridors'), open(lines).filter(({ used }) => used)), group(t('what.states'), open(lands).filter(({ used }) => used)),
      group(t('what.not_used'), open([...lines, ...lands]).filter(({ used }) => !used))].filter(Boolean);
  }
  /* Scenarios in a list; once they have been tried, those that change nothing for this case stand apart. */
  const idle = new Set();
  function scenarioOptions() {
    const option = (one) => h('option', { value: one.id, selected: one.id === view.scenario }, pick(one.name));
    const rest = model.variants.filter(({ id }) => idle.has(id));
    return [...model.variants.filter(({ id }) => !idle.has(id)).map(option), ...(rest.length ? [h('optgroup', { label: t('what.no_effect') }, rest.map(option))] : [])];
  }
  function tryScenarios(base = model.solve({ scenario: '', year: model.year, closed: [] }), at = 1) {
    if (at >= model.variants.length) {
      if (box) box.querySelector('#what-scenario').replaceChildren(...scenarioOptions());
      return;
    }
    const { id } = model.variants[at];
    const plan = model.solve({ scenario: id, year: ownYear(id), closed: [] });
    if (!plan.broken.length && ownYear(id) === model.year && plan.byLink.every(({ total }, link) => Math.abs(total - base.byLink[link].total) <= Math.max(TRACE, 1e-4 * base.asked))) idle.add(id);
    setTimeout(() => tryScenarios(base, at + 1), 0);
  }

  function fill() {
    if (!box) return;
    const scenario = box.querySelector('#what-scenario'), list = box.querySelector('#what-close');
    scenario.value = view.scenario;
    box.querySelector('#what-year').value = view.year;
    box.querySelector('output').textContent = view.year;
    list.replaceChildren(...closable());
    const opened = new Set([...out.querySelectorAll('details[open]')].map(({ id }) => id));
    const held = document.activeElement && out.contains(document.activeElement) ? document.activeElement.dataset.close || document.activeElement.id : '';
    out.replaceChildren(...[chips(), h('p', { class: 'headline' }, headline().map((told, i) => (i ? ` ${told}` : h('b', null, told)))), remarks(), looksChooser(), sums(), now.none ? '' : [
      bars('corridors', t('what.by_corridor'), corridorRows()), bars('countries', t('what.by_country'), countryRows()),
      bars('markets', t('what.by_market'), marketRows()), fullList(), wayList()], timeChart(), basis()].flat().filter(Boolean));
    out.querySelectorAll('details').forEach((one) => { if (opened.has(one.id)) one.open = true; });
    const back = held && [...out.querySelectorAll('[data-close],[id]')].find((one) => one.dataset.close === held || one.id === held);
    if (back) back.focus({ preventScroll: true });
    // The ways of the comparison follow once the map has been painted.
    clearTimeout(later);
    later = setTimeout(() => { act.routes(model, asked()); document.documentElement.dataset.settled = JSON.stringify(asked()); }, 0);
  }

  /* What else to know of the scenario, the worth of time, and what is hidden. */
  function remarks() {
    const { note } = variant(view.scenario);
    const worth = P.plan.flows[view.flow].worth;
    return [
      note ? h('p', { class: 'faint' }, bdi(note)) : '',
      worth ? h('p', { class: 'faint' }, t('what.day', { x: money(worth, isGas()) })) : '',
      act.filtered() ? h('p', { class: 'reason' }, t('what.filtered')) : '',
    ];
  }
  function chips() {
    if (!view.closed.length && !view.scenario && view.year === model.year) return '';
    return h('p', { class: 'chips' }, view.closed.map((id) => h('span', { class: 'chip' }, bdi(title(id)), ' ', closer(id, { small: true }))),
      h('button', { type: 'button', class: 'plain', id: 'what-clear', on: { click: () => set({ scenario: '', year: model.year, closed: [], chosen: '' }, t('what.cleared')) } }, t('what.clear')));
  }

  function looksChooser() {
    const button = (key) => h('button', { type: 'button', id: `what-show-${key}`, 'aria-pressed': String(show() === key), on: { click: () => set({ chosen: key }, t(`what.show_${key}`)) } }, t(`what.show_${key}`));
    const tick = (id, label, checked, change, extra = {}) => h('label', { class: 'toggle' },
      h('input', { type: 'checkbox', id, checked, ...extra, on: { change: (event) => change(event.target.checked) } }), h('span', null, label));
    return h('div', { class: 'looks' },
      h('div', { class: 'choices wrap', role: 'group', 'aria-label': t('what.show') }, SHOWS.map(button)),
      key(),
      choice(t('what.before'), 'what-before', model.variants.map((one) => h('option', { value: one.id, selected: one.id === view.before }, pick(one.name))), (value) => set({ before: value })),
      h('div', { class: 'pair' }, tick('what-swipe', t('what.swipe'), view.swipe, (on) => set({ swipe: on })),
        tick('what-moving', t('what.moving'), view.moving, (on) => set({ moving: on }))));
  }
  /* Round amounts, one of which is nearly the largest. */
  function widths(most) {
    const ten = 10 ** Math.floor(Math.log10(most));
    const first = [5, 2, 1].find((step) => step * ten <= most) * ten;
    return [first / 10, first / 2.5, first];
  }
  /* What widths, colours and dashes mean just now. */
  function key() {
    const line = (tone, width, text, dash) => h('span', { class: 'key' }, s('svg', { class: 'sample', width: 30, height: 12, viewBox: '0 0 30 12', 'aria-hidden': 'true' },
      s('path', { d: 'M0,6H30', class: `line ${tone}`, 'stroke-width': width, 'stroke-dasharray': dash || null })), h('span', null, text));
    const most = Math.max(...then.byLink.map(({ total }) => total), 1);
    const widest = then.byLink.reduce((best, { total }, at) => (total > then.byLink[best].total ? at : best), 0);
    const look = `m-${links[widest].colour}`;
    const rows = {
      flow: [...widths(most).map((kt) => line(look, px(kt), said(kt))), line('idle', 1.4, t('what.key_idle')), line('shut', 2, t('what.key_shut'), '2 4')],
      use: [line('used0', 4, t('what.key_used', { x: '≤ 40' })), line('used1', 4, t('what.key_used', { x: '40–75' })), line('used2', 4, t('what.key_used', { x: '75–99' })), line('used3', 4, t('what.key_full'))],
      change: [line('gained', 4, t('what.key_gained')), line('lost', 4, t('what.key_lost'), '7 5'), line('kept', 2, t('what.key_kept')), line('shut', 2, t('what.key_shut'), '2 4')],
      room: [...(isGas() ? P.style.gas_samples : P.style.samples).map(([x, width]) => line(look, width, said(1000 * x))), line('shut', 2, t('what.key_shut'), '2 4')],
    }[show()];
    return h('div', { class: 'keys' }, h('span', { class: 'sr' }, t('what.key')), rows);
  }

  /* Sums by flow: before, now. */
  function sums() {
    const cell = (a, b, text, worse) => h('td', { class: Math.abs(b - a) > TRACE ? (worse(b - a) ? 'worse' : 'better') : '' }, text(b), Math.abs(b - a) > TRACE ? h('small', null, t('what.was', { x: text(a) })) : '');
    const row = (flow, at) => {
      const was = then.flows[at];
      const exact = now.none ? {} : { 'data-flow': flow.name, 'data-delivered': flow.delivered, 'data-unmet': flow.unmet, 'data-cost': flow.cost_usd };
      const gas = flow.commodity === 'gas';
      const select = () => set({ flow: at }, flowTitle(flow.name));
      return h('tr', { 'aria-current': at === view.flow ? 'true' : null, ...exact },
        h('th', { scope: 'row' }, now.flows.length > 1 ? h('button', { type: 'button', class: 'plain', id: `what-flow-${at}`, on: { click: select } }, bdi(flowTitle(flow.name))) : bdi(flowTitle(flow.name))),
        now.none ? h('td', { colspan: 3 }, '–') : [
          cell(was.delivered, flow.delivered, bare, (by) => by < 0), cell(was.unmet, flow.unmet, bare, (by) => by > 0),
          h('td', null, flow.cost === null ? '–' : number(gas ? flow.cost : Math.round(flow.cost * 10) / 10, 3),
            was.cost !== null && flow.cost !== null && Math.abs(was.cost - flow.cost) >= 0.05 ? h('small', null, t('what.was', { x: number(Math.round(was.cost * 10) / 10, 3) })) : '')]);
    };
    return h('table', { class: 'sums' },
      h('caption', { class: 'sr' }, t('what.sums')),
      h('thead', null, h('tr', null, [t('what.flow'), `${t('what.delivered')}, ${unit()}`, t('what.unmet'), t(isGas() ? 'head.usd_gas' : 'head.usd_t')].map((text) => h('th', { scope: 'col' }, text)))),
      h('tbody', null, now.flows.map(row)));
  }

  const pairs = (a, b) => [...new Set([...a.keys(), ...b.keys()])].map((item) => ({
    item, was: (a.get(item) || [])[view.flow] || 0, is: (b.get(item) || [])[view.flow] || 0,
  })).filter(({ was, is }) => was > TRACE || is > TRACE).sort((x, y) => Math.max(y.was, y.is) - Math.max(x.was, x.is));
  const along = (test) => () => {
    const ways = now.ways.filter((way) => way.flow === view.flow && test(way));
    act.light([...new Set(ways.flatMap((way) => way.links))].map((at) => links[at]), { keys: ways.flatMap((way) => [way.origin, way.target]) });
  };
  const corridorRows = () => pairs(then.byCorridor, now.byCorridor).map(({ item, was, is }) => ({
    id: `corridor:${corridors[item].id}`, label: pick(corridors[item].names), was, is,
    light: along((way) => model.members[item].counted.some((at) => way.links.includes(at))),
  }));
  const countryRows = () => pairs(then.byCountry, now.byCountry).map(({ item, was, is }) => ({
    id: `country:${item}`, label: country(item), was, is, light: along((way) => way.countries.includes(item)),
  }));
  const marketRows = () => flowOf(now).markets.map((market, at) => ({
    id: `place:${places[market.place].id}`, label: shortName(market.place), was: flowOf(then).markets[at] ? flowOf(then).markets[at].delivered : 0,
    is: now.none ? 0 : market.delivered, asked: market.asked, light: along((way) => way.target === market.place),
  })).filter(({ was, is, asked: wanted }) => was > TRACE || is > TRACE || wanted > TRACE).sort((a, b) => b.asked - a.asked);

  /* A bar for each item: what it was as an outline, what it is filled; a click lights its ways, a cross closes it. */
  function bars(name, head, rows) {
    const most = Math.max(...rows.map(({ was, is, asked: wanted }) => Math.max(was, is, wanted || 0)), 1);
    const share = (value) => `${(100 * value / most).toFixed(1)}%`;
    const row = ({ id, label, was, is, asked: wanted, light }) => h('li', { on: { mouseenter: light, mouseleave: act.leave, focusin: light, focusout: act.leave } },
      h('span', { class: 'bar-label' }, h('button', { type: 'button', class: 'plain', id: `bar-${id}`, on: { click: () => act.pin(light) } }, bdi(label))),
      h('span', { class: 'bar', 'aria-hidden': 'true' }, h('i', { class: 'was', css: { width: share(Math.max(was, wanted || 0)) } }), h('i', { class: 'is', css: { width: share(is) } })),
      h('span', { class: 'bar-amount' }, bare(is), Math.abs(is - was) > TRACE ? h('small', null, t('what.was', { x: bare(was) })) : wanted && wanted - is > TRACE ? h('small', null, t('what.of', { x: bare(wanted) })) : ''),
      closer(id, { small: true }));
    if (!rows.length) return '';
    const rest = rows.slice(SHOWN);
    return h('details', { id: `what-${name}`, class: 'bars', open: name === 'corridors' }, h('summary', null, `${head}, ${unit()}`), h('ul', null, rows.slice(0, SHOWN).map(row)),
      rest.length ? h('details', { id: `what-${name}-rest` }, h('summary', null, t('what.rest', { n: rest.length })), h('ul', null, rest.map(row))) : '');
  }

  const guess = (link) => { const figure = figures[link.figures[0]]; return Boolean(figure && figure.kind === 'assumption'); };
  function fullList() {
    if (!now.full.length) return '';
    const one = ({ kind, at, capacity, price }) => h('li', null,
      h('button', { type: 'button', class: 'plain', on: { click: () => act.open(kind, at) } }, bdi(kind === 'link' ? linkTitle(links[at]) : placeName(at))),
      kind === 'link' && guess(links[at]) ? h('span', { class: 'badge assumed' }, term('evidence', 'assumption')) : '',
      h('span', { class: 'faint' }, ` ${kind === 'link' ? carried(links[at], capacity) : tonnes(capacity)}${price > 0 && price < model.unmet / 2 ? ` · ${t('what.worth', { x: money(price, isGas()) })}` : price > 0 ? ` · ${t('what.worth_arrival')}` : ''}`));
    return h('details', { id: 'what-full', class: 'bars' }, h('summary', null, t('what.full', { n: now.full.length })),
      h('p', { class: 'faint' }, t('what.full_note')), h('ul', { class: 'plainlist' }, now.full.slice(0, 25).map(one)));
  }

  function wayList() {
    const ways = now.ways.filter((way) => way.flow === view.flow);
    const light = (way) => () => act.light(way.links.map((at) => links[at]), { route: way, keys: [way.origin, way.target] });
    const one = (way) => h('li', { on: { mouseenter: light(way), mouseleave: act.leave, focusin: light(way), focusout: act.leave } },
      h('button', { type: 'button', class: 'plain', on: { click: () => { act.pin(light(way)); act.fit(way.links.flatMap((at) => links[at].points), { animate: true }); } } },
        bdi(`${shortName(way.origin)} → ${shortName(way.target)}`)),
      h('div', { class: 'faint' }, [amount(way.amount), boxes(way.amount), money(way.cost, isGas()), days(way.days), km(way.km)].filter(Boolean).join(' · ')),
      h('div', { class: 'faint' }, way.countries.map(country).join(' – ')));
    return h('details', { id: 'what-ways', class: 'bars' }, h('summary', null, t('what.ways', { n: ways.length })), h('ul', { class: 'plainlist' }, ways.map(one)));
  }

  /* What arrives by year under the same scenario and closures, and what opens or closes in the year shown. */
  function timeChart() {
    if (model.years.length < 2) return '';
    const name = JSON.stringify([view.scenario, view.closed, view.flow]);
    if (!yearly.has(name)) { yearly.clear(); yearly.set(name, []); }
    const found = yearly.get(name);
    const figure = h('figure', { class: 'chart', id: 'what-chart' });
    const draw = () => {
      if (found.length < model.years.length) {
        const year = model.years[found.length];
        const plan = year === view.year ? now : model.solve({ ...asked(), year });
        found.push(plan.broken.length || plan.none ? null : plan.flows[view.flow]);
        setTimeout(() => { if (yearly.get(name) === found && figure.isConnected) draw(); }, 0);
        return;
      }
      figure.replaceChildren(h('figcaption', null, t('what.by_year', { flow: flowTitle(flowOf(now).name), unit: unit(), year: model.year })), chart(found, (flow) => flow.delivered, (flow) => flow.asked, bare),
        h('figcaption', null, t(isGas() ? 'what.cost_by_year_gas' : 'what.cost_by_year')), chart(found, (flow) => flow.cost, null, (value) => number(value < 10 ? value : Math.round(value), 2)));
    };
    setTimeout(draw, 0);
    const at = model.years.indexOf(view.year);
    const change = at > 0 ? model.yearChanges(model.years[at - 1], view.year) : { opened: [], closed: [], wider: [], narrower: [] };
    const list = (label, members) => (members.length ? h('li', null, `${label} `, members.slice(0, 6).map((one) => h('div', null, h('button', { type: 'button', class: 'plain', on: { click: () => act.open('link', one) } }, bdi(linkTitle(links[one]))))),
      members.length > 6 ? ` ${t('what.and_more', { n: members.length - 6 })}` : '') : '');
    const told = [list(t('what.opens'), change.opened), list(t('what.shuts'), change.closed), list(t('what.widens'), change.wider), list(t('what.narrows'), change.narrower)].filter(Boolean);
    return h('div', { class: 'time' }, h('h3', null, t('what.time', { year: view.year })),
      told.length ? h('ul', { class: 'plainlist' }, told) : h('p', { class: 'faint' }, t('what.no_change')),
      view.year !== model.year ? h('p', { class: 'faint' }, t('what.demand_of', { year: model.year })) : '', figure);
  }
  /* A bar a year; `outer` is drawn as an outline around it. */
  function chart(found, inner, outer, told) {
    const W = 340, H = outer ? 120 : 86, left = 38, bottom = 20, top = 8;
    const value = (flow) => (flow && inner(flow)) || 0;
    const most = Math.max(...found.map((flow) => Math.max(value(flow), flow && outer ? outer(flow) : 0)), 1e-9);
    const x = (i) => left + ((W - left - 8) * (i + 0.5)) / found.length;
    const y = (amount_) => top + (H - top - bottom) * (1 - amount_ / most);
    const width = ((W - left - 8) / found.length) * 0.66;
    const box = (i, amount_, kind) => s('rect', { x: x(i) - width / 2, y: y(amount_), width, height: Math.max(y(0) - y(amount_), 0), class: kind });
    const bar = (flow, i) => (flow ? [outer ? box(i, outer(flow), 'asked') : [], box(i, value(flow), model.years[i] === view.year ? 'given now' : 'given')].flat() : []);
    const labels = model.years.map((year, i) => (i % Math.ceil(found.length / 6) === 0 ? s('text', { x: x(i), y: H - 6, 'text-anchor': 'middle', class: 'tick' }, String(year)) : ''));
    const ticks = [0, most].map((amount_) => s('text', { x: left - 5, y: y(amount_) + 4, 'text-anchor': 'end', class: 'tick' }, told(amount_)));
    const spoken = model.years.map((year, i) => `${year}: ${found[i] ? told(value(found[i])) : '–'}`).join('; ');
    return s('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': spoken, class: 'years' }, found.map(bar), labels, ticks);
  }

  /* How far the numbers carry: what the ways in use rest on. */
  function basis() {
    const used = links.filter((link) => link.amount > TRACE && link.capacity !== null);
    const guessed = used.filter(guess);
    return h('p', { class: 'faint' }, t('what.basis', { n: used.length, m: guessed.length }));
  }

  /* Addresses: scenario, year, closures, colouring, what it is compared with. */
  function register(permalink) {
    const own = (key, get, take) => permalink.add(key, { get, set: (value) => { take(value); if (box) { compute(); act.repaint(); fill(); } } });
    own('s', () => view.scenario, (value) => { view.scenario = model.variants.some(({ id }) => id === value) ? value : ''; view.year = ownYear(view.scenario); });
    own('y', () => (view.year === ownYear(view.scenario) ? '' : String(view.year)), (value) => { view.year = model.years.includes(Number(value)) ? Number(value) : ownYear(view.scenario); });
    own('x', () => permalink.join(view.closed), (value) => { view.closed = [...new Set(permalink.split(value).filter(exists))].slice(0, 40); });
    own('before', () => view.before, (value) => { view.before = model.variants.some(({ id }) => id === value) ? value : ''; });
    own('show', () => view.chosen, (value) => { view.chosen = SHOWS.includes(value) ? value : ''; });
    own('flow', () => (view.flow ? P.plan.flows[view.flow].name : ''), (value) => { view.flow = Math.max(0, P.plan.flows.findIndex(({ name }) => name === value)); });
    own('still', () => (view.moving ? '' : '1'), (value) => { view.moving = value !== '1'; });
    own('swipe', () => (view.swipe ? '1' : ''), (value) => { view.swipe = value === '1'; });
  }

  links.forEach((link) => { link.room = link.width; });
  compute();
  setTimeout(() => tryScenarios(), 400);
  const hint = (link) => {
    const { amount: moved, limit, shut } = link.look;
    if (shut) return t('what.out');
    return moved > TRACE ? `${carried(link, moved)}${limit < Infinity ? ` · ${t('what.used', { n: number(100 * moved / limit, 2) })}` : ''}` : t('what.unused');
  };
  /* What stands left and right of the bar. */
  const sides = () => [scenarioName(view.before), [view.scenario ? scenarioName(view.scenario) : '', view.closed.length ? t('what.closed_list', { x: view.closed.map(title).join(', ') }) : '',
    view.year !== ownYear(view.scenario) ? String(view.year) : ''].filter(Boolean).join('; ') || scenarioName('')];
  return {
    hint, sides, withSpare, swipeLabel: () => t('what.swipe_label'),
    view, section, cardPart, register, looks, states, then: () => then, show, headline,
  };
}
