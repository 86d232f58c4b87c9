/* The case of the page, planned again under any scenario, year and closure by the rules of routes.allocate. */
function atlasPlan({ P, places, links, corridors }) {
  const { plan, outward, bestWay, search } = atlasSolver;
  const Q = P.plan;
  const KM_TIE = Q.ties.km, ID_TIE = Q.ties.id, FLOW_TIE = Q.ties.flow;
  // A way by named places that is not found by then would come back to places again and again.
  const ROUTE_SEARCHES = 200;
  const linkKey = (at) => `link ${at}`, placeKey = (at) => `place ${at}`;

  const graphs = Object.fromEntries(Object.entries(Q.graphs).map(([commodity, packed]) => {
    const limits = packed.bounds.map(([kind, at]) => ({ kind, at, key: kind === 'link' ? linkKey(at) : placeKey(at), arcs: [] }));
    const graph = { ...packed, nodes: packed.home.length, commodity, limits, limit: packed.bound.map((at) => limits[at] || null) };
    graph.bound.forEach((at, arc) => { if (at >= 0) limits[at].arcs.push(arc); });
    const column = (own, toll) => packed.link.map((at, arc) => (at < 0 ? toll[packed.toll[arc]] || 0 : own[at]));
    const { rank, cost, days, km } = packed.facts;
    graph.cost = column(cost, Q.tolls.cost);
    graph.days = column(days, Q.tolls.days);
    graph.km = column(km, []);
    graph.tie = packed.link.map((at, arc) => KM_TIE * graph.km[arc] + (at < 0 ? 0 : ID_TIE * rank[at]));
    graph.pageLink = packed.link.map((at) => (at < 0 ? -1 : packed.links[at]));
    graph.out = outward(graph);
    return [commodity, graph];
  }));
  // One bound of a link or place for all commodities that share it.
  const bounds = new Map();
  Object.values(graphs).forEach((graph) => graph.limits.forEach((limit) => {
    if (!bounds.has(limit.key)) bounds.set(limit.key, { kind: limit.kind, at: limit.at, key: limit.key, arcs: new Map() });
    bounds.get(limit.key).arcs.set(graph, limit.arcs);
  }));
  Object.values(graphs).forEach((graph) => { graph.limit = graph.limit.map((limit) => limit && bounds.get(limit.key)); });

  const pool = new Map();
  const members = corridors.map(({ id }) => Q.corridors[id] || { links: [], counted: [] });
  // A year tells its capacities as differences to the year before it.
  const seasons = [];
  Q.seasons.forEach(({ out, capacity }, year) => {
    const before = year ? seasons[year - 1].capacity : {};
    const now = Object.fromEntries(Object.entries(capacity).map(([commodity, changes]) => {
      const amounts = (before[commodity] || []).slice();
      changes.forEach(([i, amount]) => { amounts[i] = amount; });
      return [commodity, amounts];
    }));
    seasons.push({ out, capacity: now });
  });
  const seasonOf = (year) => seasons[Q.years.indexOf(year)];

  /* What an id on the page closes: its links and places. */
  function closes(id) {
    const [kind, name] = [id.slice(0, id.indexOf(':')), id.slice(id.indexOf(':') + 1)];
    if (kind === 'country') {
      return {
        links: links.filter((link) => link.countries.includes(name)).map(({ at }) => at),
        places: places.filter((place) => place.country === name).map(({ at }) => at),
      };
    }
    if (kind === 'corridor') {
      const corridor = corridors.find((one) => one.id === name);
      return { links: corridor ? members[corridor.at].links : [], places: [] };
    }
    const found = (kind === 'link' ? links : places).filter((one) => one.id === name).map(({ at }) => at);
    return kind === 'link' ? { links: found, places: [] } : { links: [], places: found };
  }

  /* The network of a scenario, a year and closures: what stays out, and the capacity of every bound. */
  function setting({ scenario, year, closed }) {
    const variant = Q.variants.find((one) => one.id === scenario) || Q.variants[0];
    const season = seasonOf(year);
    const shut = closed.map(closes);
    const gonePlaces = new Set([...variant.closed_places, ...shut.flatMap((one) => one.places)]);
    const opened = new Set(variant.opened);
    const goneLinks = new Set([...variant.closed_links, ...shut.flatMap((one) => one.links), ...season.out.filter((at) => !opened.has(at))]);
    links.forEach((link) => { if (gonePlaces.has(link.from) || gonePlaces.has(link.to)) goneLinks.add(link.at); });
    const capacity = new Map();
    Object.entries(graphs).forEach(([commodity, graph]) => {
      graph.limits.forEach((limit, i) => {
        const own = season.capacity[commodity][i];
        capacity.set(limit.key, own === null ? Infinity : own);
      });
      (variant.capacity[commodity] || []).forEach(([i, amount, factor]) => {
        const { key } = graph.limits[i];
        const before = season.capacity[commodity][i];
        capacity.set(key, amount !== null ? amount : factor === 0 ? 0 : (before === null ? Infinity : before) * factor);
      });
    });
    const limits = new Map([...bounds].map(([key, bound]) => [bound, capacity.get(key)]));
    return { variant, goneLinks, gonePlaces, limits };
  }

  /* The capacity of a link or place in a setting (for the goods of one graph): Infinity where nothing bounds it. */
  function limitIn({ limits }, kind, at, graph = null) {
    const bound = bounds.get(kind === 'link' ? linkKey(at) : placeKey(at));
    return bound && (!graph || bound.arcs.has(graph)) ? limits.get(bound) : Infinity;
  }

  /* The weight of every arc: what it costs with the worth of its time and the tie-break; Infinity where it is closed. */
  function weights(graph, { goneLinks, gonePlaces, limits }, worth = 0, tie = 0) {
    return Float64Array.from(graph.cost, (cost, arc) => {
      const bound = graph.limit[arc];
      const shut = goneLinks.has(graph.pageLink[arc]) || gonePlaces.has(graph.home[graph.start[arc]])
        || gonePlaces.has(graph.home[graph.end[arc]]) || (bound && !(limits.get(bound) > 0));
      return shut ? Infinity : cost + graph.tie[arc] + worth * graph.days[arc] + tie * graph.km[arc];
    });
  }

  function jobsOf(place) {
    const flows = place.variant.flows || Q.flows;
    let dearest = 0;
    const jobs = flows.map((flow, at) => {
      const graph = graphs[flow.commodity];
      const node = (side, where) => (place.gonePlaces.has(where) ? -1 : side[where] ?? -1);
      const tie = (flows.length - 1 - at) * FLOW_TIE * KM_TIE;
      const supply = flow.supply.map(([where, amount]) => ({ place: where, amount, node: node(graph.origin, where) }));
      const demand = flow.demand.map(([where, amount]) => ({ place: where, amount, node: node(graph.target, where) }));
      const floors = flow.floor.filter(({ amount }) => amount > 0)
        .map((floor) => ({ ...floor, linkSet: new Set(floor.links), placeSet: new Set(floor.places) }));
      const placeBits = (where) => floors.reduce((bits, floor, i) => (floor.placeSet.has(where) ? bits | 1 << i : bits), 0);
      const arcBits = floors.length ? graph.pageLink.map((link, arc) => floors.reduce(
        (bits, floor, i) => (floor.linkSet.has(link) ? bits | 1 << i : bits), placeBits(graph.home[graph.end[arc]]))) : null;
      return {
        at, name: flow.name, flow, graph, supply, demand, floors, placeBits, bits: (arc) => (arcBits ? arcBits[arc] : 0),
        weight: weights(graph, place, flow.worth, tie),
      };
    });
    // The penalty on what does not come stands above every way: its rank is `Q.unmet`, or five times the dearest way.
    const alike = (job) => jobs.find((other) => other.graph === job.graph && other.flow.worth === job.flow.worth);
    jobs.filter((job) => alike(job) === job).forEach((job) => {
      const plain = weights(job.graph, place, job.flow.worth);
      const kin = jobs.filter((other) => other.graph === job.graph);
      const reach = kin.flatMap((other) => other.demand.map(({ node }) => node)).filter((node) => node >= 0);
      kin.flatMap((other) => other.supply.map(({ node }) => node)).filter((node) => node >= 0).forEach((from) => {
        const { distance } = search(job.graph, plain, from);
        reach.forEach((to) => { if (distance[to] < Infinity) dearest = Math.max(dearest, distance[to]); });
      });
    });
    const penalty = Math.max(Q.unmet, Q.dearest_factor * dearest);
    jobs.forEach((job) => {
      const home = new Set(job.supply.map((end) => places[end.place].country));
      job.demand.forEach((end) => { end.penalty = penalty * (home.has(places[end.place].country) ? Q.home_factor : 1); });
    });
    return jobs;
  }

  /* The sums of a list of arcs, and the links and places on the way. */
  function told(graph, arcs) {
    const taken = arcs.filter((arc) => graph.pageLink[arc] >= 0);
    const passed = [graph.home[graph.start[arcs[0]]]];
    taken.forEach((arc) => { const link = links[graph.pageLink[arc]]; passed.push(graph.forward[arc] ? link.to : link.from); });
    const sum = (column) => arcs.reduce((total, arc) => total + column[arc], 0);
    return {
      links: taken.map((arc) => graph.pageLink[arc]), forward: taken.map((arc) => Boolean(graph.forward[arc])), places: passed,
      cost: sum(graph.cost), days: sum(graph.days), km: sum(graph.km),
    };
  }

  /* The plan of a view {scenario, year, closed}: amounts in kt a year (gas: million m3), costs in USD. */
  function solve(view) {
    const place = setting(view);
    const jobs = jobsOf(place);
    const { sent, broken, prices } = plan(jobs, place.limits, pool);
    const ways = sent.map(({ at, origin, target, amount, arcs }) => ({
      flow: at, origin, target, amount, ...told(jobs[at].graph, arcs),
    })).sort((a, b) => a.flow - b.flow || b.amount - a.amount || (a.links.join() < b.links.join() ? -1 : 1));
    const through = new Map();
    const byLink = links.map(() => ({ total: 0, net: 0 }));
    ways.forEach((way) => {
      way.links.forEach((at, i) => {
        byLink[at].total += way.amount;
        byLink[at].net += way.forward[i] ? way.amount : -way.amount;
      });
      way.places.slice(1, -1).forEach((at) => through.set(at, (through.get(at) || 0) + way.amount));
      way.countries = [...new Set([places[way.places[0]].country, ...way.links.flatMap((at, i) => {
        const crossed = links[at].countries;
        return [...(way.forward[i] ? crossed : [...crossed].reverse()), places[way.places[i + 1]].country];
      })])];
    });
    const sum = (list, pick) => list.reduce((total, one) => total + pick(one), 0);
    const flows = jobs.map((job) => {
      const own = ways.filter((way) => way.flow === job.at);
      const delivered = sum(own, (way) => way.amount), asked = sum(job.demand, (end) => end.amount);
      const mean = (name) => (delivered > 0 ? sum(own, (way) => way.amount * way[name]) / delivered : null);
      return {
        name: job.name, commodity: job.flow.commodity, asked, delivered, unmet: Math.max(asked - delivered, 0),
        cost_usd: 1000 * sum(own, (way) => way.amount * way.cost), cost: mean('cost'), days: mean('days'), km: mean('km'),
        markets: job.demand.map((end) => ({ place: end.place, asked: end.amount, delivered: sum(own.filter((way) => way.target === end.place), (way) => way.amount) })),
      };
    });
    const by = (keys) => {
      const found = new Map();
      ways.forEach((way) => keys(way).forEach((key) => {
        const amounts = found.get(key) || found.set(key, jobs.map(() => 0)).get(key);
        amounts[way.flow] += way.amount;
      }));
      return found;
    };
    const byCorridor = by((way) => corridors.filter((_, at) => members[at].counted.some((link) => way.links.includes(link))).map(({ at }) => at));
    const byCountry = by((way) => way.countries);
    const full = [...bounds.values()].filter((bound) => {
      const used = bound.kind === 'link' ? byLink[bound.at].total : through.get(bound.at) || 0;
      return used > 0 && used >= place.limits.get(bound) - 1e-6 * Math.max(1, used);
    }).map((bound) => ({ kind: bound.kind, at: bound.at, capacity: place.limits.get(bound), price: prices.get(bound) || 0 }))
      .sort((a, b) => b.price - a.price || b.capacity - a.capacity);
    return {
      view, ways, byLink, through, flows, byCorridor, byCountry, full, broken, limitOf: (kind, at) => limitIn(place, kind, at), gone: place.goneLinks, gonePlaces: place.gonePlaces,
      asked: sum(flows, (flow) => flow.asked),
    };
  }

  // How much of a flow's plan cannot stay as it is once some links and places are gone: what is delivered, less the most that
  // the plan's own amounts let through beside them. However the plan is taken apart into ways, it is the same.
  function displaced(before, flow, gone, gonePlaces) {
    const ways_ = before.ways.filter((way) => way.flow === flow);
    const room = new Map(), ends = [new Map(), new Map()];
    const bump = (map, key, amount) => map.set(key, (map.get(key) || 0) + amount);
    ways_.forEach((way) => {
      way.links.forEach((at, i) => { if (!gone.has(at)) bump(room, `${way.places[i]} ${way.places[i + 1]}`, way.amount); });
      bump(ends[0], way.origin, way.amount);
      bump(ends[1], way.target, way.amount);
    });
    const next = new Map();
    const join = (from, to, amount) => {
      if (!next.has(from)) next.set(from, new Map());
      if (!next.has(to)) next.set(to, new Map());
      bump(next.get(from), to, amount);
      if (!next.get(to).has(from)) next.get(to).set(from, 0);
    };
    room.forEach((amount, key) => {
      const [from, to] = key.split(' ').map(Number);
      if (!gonePlaces.has(from) && !gonePlaces.has(to)) join(from, to, amount);
    });
    [...ends[0]].filter(([at]) => !gonePlaces.has(at)).forEach(([at, amount]) => join('from', at, amount));
    [...ends[1]].filter(([at]) => !gonePlaces.has(at)).forEach(([at, amount]) => join(at, 'to', amount));
    let kept = 0;
    for (;;) {
      const came = new Map([['from', null]]);
      const queue = ['from'];
      while (queue.length && !came.has('to')) {
        const at = queue.shift();
        (next.get(at) || new Map()).forEach((amount, to) => { if (amount > 1e-6 && !came.has(to)) { came.set(to, at); queue.push(to); } });
      }
      if (!came.has('to')) break;
      let least = Infinity;
      for (let at = 'to'; at !== 'from'; at = came.get(at)) least = Math.min(least, next.get(came.get(at)).get(at));
      for (let at = 'to'; at !== 'from'; at = came.get(at)) {
        bump(next.get(came.get(at)), at, -least);
        bump(next.get(at), came.get(at), least);
      }
      kept += least;
    }
    return ways_.reduce((sum, way) => sum + way.amount, 0) - kept;
  }

  /* The cheapest route by each named way of a question, around what the view and the way close, cheapest first. */
  function routes(question, view) {
    const graph = graphs[question.commodity];
    const found = question.ways.map((way, name) => {
      const place = setting({ ...view, closed: [...view.closed, ...way.avoid] });
      const weight = weights(graph, place);
      const [from, to] = [graph.origin[question.origin], graph.target[question.destination]];
      if (place.gonePlaces.has(question.origin) || place.gonePlaces.has(question.destination)) return null;
      const chains = way.chains.map((chain) => {
        const layers = chain.length + 1;
        const route = bestWay(graph, weight, {
          from, to, layers, searches: ROUTE_SEARCHES, paid: Array.from({ length: layers }, (_, i) => (i === layers - 1 ? 0 : -Infinity)),
          advance: (layer, arc) => layer + (graph.pageLink[arc] >= 0 && chain[layer] === graph.home[graph.end[arc]] ? 1 : 0),
        });
        return route && { ...told(graph, route.arcs), weight: route.cost };
      }).filter(Boolean);
      const best = chains.reduce((least, route) => (!least || route.weight < least.weight ? route : least), null);
      return best && { ...described(best, place, question.commodity), at: name };
    }).filter(Boolean);
    found.sort((a, b) => a.cost - b.cost || a.km - b.km);
    return found.map((route, i) => ({ ...route, rank: i + 1 }));
  }

  /* What a card says of a route: room and what bounds it, countries with kilometres, changes, stretches by mode. */
  function described(route, place, commodity) {
    const limit = (kind, at) => limitIn(place, kind, at, graphs[commodity]);
    const room = [...route.links.map((at) => ['link', at, limit('link', at)]), ...route.places.slice(1, -1).map((at) => ['place', at, limit('place', at)])];
    const capacity = Math.min(...room.map(([, , amount]) => amount));
    const neck = room.find(([, , amount]) => amount === capacity);
    const crossed = [[places[route.places[0]].country, 0]];
    route.links.forEach((at, i) => {
      const along = Q.crossings[at] || [];
      crossed.push(...(route.forward[i] ? along : [...along].reverse()), [places[route.places[i + 1]].country, 0]);
    });
    const countries = [];
    crossed.forEach(([code, length]) => {
      const last = countries[countries.length - 1];
      if (last && last[0] === code) last[1] += length; else countries.push([code, length]);
    });
    let transfers = 0, gauges = 0;
    const legs = [];
    route.links.forEach((at, i) => {
      const link = links[at], before = links[route.links[i - 1]];
      if (link.mode === 'transfer') transfers += 1;
      if (before) {
        const broken = before.mode === 'rail' && link.mode === 'rail' && before.gauge && link.gauge && before.gauge !== link.gauge;
        if (broken || (before.mode !== link.mode && before.mode !== 'transfer' && link.mode !== 'transfer')) transfers += 1;
        if (broken) gauges += 1;
      }
      const last = legs[legs.length - 1], length = Q.km[at] || 0;
      if (last && last[0] === link.mode) last[1] += length; else legs.push([link.mode, length]);
    });
    // The few places that tell the route from another: where the mode changes first, then the most important.
    const changes = new Set(route.places.filter((_, i) => i > 0 && i < route.links.length && links[route.links[i - 1]].mode !== links[route.links[i]].mode
      && links[route.links[i]].mode !== 'transfer'));
    const inner = route.places.slice(1, -1);
    const key = [...inner].sort((a, b) => changes.has(b) - changes.has(a) || places[a].rank - places[b].rank).slice(0, 3);
    return {
      ...route, via: inner.filter((at) => key.includes(at)), teu: commodity === 'container' && Number.isFinite(capacity) ? Math.round(capacity * Q.teu_per_kt) : null,
      capacity: Number.isFinite(capacity) ? capacity : null, bottleneck: Number.isFinite(capacity) ? neck.slice(0, 2) : '',
      countries, transfers, gauge_breaks: gauges, legs,
    };
  }

  /* The links that open, close, widen or narrow from one year to another, by their positions. */
  function yearChanges(from, to) {
    const [before, after] = [seasonOf(from), seasonOf(to)];
    const [was, is] = [new Set(before.out), new Set(after.out)];
    const wider = new Set(), narrower = new Set();
    Object.entries(graphs).forEach(([commodity, graph]) => graph.limits.forEach((limit, i) => {
      const [a, b] = [before.capacity[commodity][i], after.capacity[commodity][i]].map((value) => (value === null ? Infinity : value));
      if (limit.kind === 'link' && a !== b && !was.has(limit.at) && !is.has(limit.at)) (b > a ? wider : narrower).add(limit.at);
    }));
    return { opened: [...was].filter((at) => !is.has(at)), closed: [...is].filter((at) => !was.has(at)), wider: [...wider], narrower: [...narrower] };
  }

  return { solve, routes, displaced, yearChanges, years: Q.years, year: Q.year, variants: Q.variants, members, unmet: Q.unmet, teu: Q.teu_per_kt };
}
