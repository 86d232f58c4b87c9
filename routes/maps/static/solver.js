/* Least cost on a graph: shortest ways, and a linear program over ways that grows by those worth adding. */
const atlasSolver = (() => {
  const FINEST_GAIN = 2e-10;
  const MOST_ROUNDS = 500;
  const MOST_SEARCHES = 20000;

  /* Arcs by the node they leave. */
  function outward(graph) {
    const first = new Int32Array(graph.nodes + 1);
    graph.start.forEach((node) => { first[node + 1] += 1; });
    for (let node = 0; node < graph.nodes; node += 1) first[node + 1] += first[node];
    const at = first.slice();
    const arcs = new Int32Array(graph.start.length);
    graph.start.forEach((node, arc) => { arcs[at[node]++] = arc; });
    return { first, arcs };
  }

  // Cheapest distances from a node of the layered graph, and the arc and node before each. `weight` may be Infinity (closed);
  // `spots` are places barred in a layer; a search for one `goal` ends there.
  function search(graph, weight, from, { layers = 1, advance = null, spots = null, goal = -1 } = {}) {
    const { first, arcs } = graph.out;
    const size = graph.nodes * layers;
    const distance = new Float64Array(size).fill(Infinity);
    const via = new Int32Array(size).fill(-1);
    const before = new Int32Array(size).fill(-1);
    const done = new Uint8Array(size);
    const heap = [from], key = [0];
    distance[from] = 0;
    while (heap.length) {
      const state = heap[0], reached = key[0];
      const lastState = heap.pop(), lastKey = key.pop();
      if (heap.length) {
        let at = 0;
        for (;;) {
          let child = 2 * at + 1;
          if (child >= heap.length) break;
          if (child + 1 < heap.length && key[child + 1] < key[child]) child += 1;
          if (key[child] >= lastKey) break;
          heap[at] = heap[child]; key[at] = key[child]; at = child;
        }
        heap[at] = lastState; key[at] = lastKey;
      }
      if (done[state] || reached > distance[state]) continue;
      done[state] = 1;
      if (state === goal) break;
      const node = state % graph.nodes, layer = (state - node) / graph.nodes;
      for (let i = first[node]; i < first[node + 1]; i += 1) {
        const arc = arcs[i], w = weight[arc];
        if (w === Infinity) continue;
        const reachedLayer = advance ? advance(layer, arc) : 0;
        if (spots && spots.has(`${graph.home[graph.end[arc]]}:${reachedLayer}`)) continue;
        const next = graph.end[arc] + graph.nodes * reachedLayer;
        const length = reached + w;
        if (length < distance[next]) {
          distance[next] = length; via[next] = arc; before[next] = state;
          let at = heap.length;
          heap.push(next); key.push(length);
          while (at && key[(at - 1) >> 1] > length) {
            const up = (at - 1) >> 1;
            heap[at] = heap[up]; key[at] = key[up]; at = up;
          }
          heap[at] = next; key[at] = length;
        }
      }
    }
    return { distance, via, before };
  }

  function wayTo(found, state) {
    const arcs = [];
    for (let at = state; found.via[at] >= 0; at = found.before[at]) arcs.push(found.via[at]);
    return arcs.reverse();
  }

  // Where a walk visits a place twice, what a way must do without: the place in the layer of one visit or of the other (arcs
  // of arrival, where both are in one layer). Empty where it does not.
  function either(graph, arcs, advance, first) {
    const visit = new Map([[graph.home[graph.start[arcs[0]]], { layer: first }]]);
    let layer = first;
    for (const arc of arcs) {
      const left = graph.home[graph.start[arc]], reached = graph.home[graph.end[arc]];
      layer = advance(layer, arc);
      if (reached === left) continue;
      const before = visit.get(reached);
      if (before) {
        const spot = (at) => ({ spot: `${reached}:${at}` });
        if (before.layer !== layer) return [...(before.arc === undefined ? [] : [spot(before.layer)]), spot(layer)];
        return [...(before.arc === undefined ? [] : [{ arc: before.arc }]), { arc }];
      }
      visit.set(reached, { layer, arc });
    }
    return [];
  }

  // The best walk, less what its layer pays, that visits no place twice: where it does, each of the two visits is banned in
  // turn (not `thorough`: given up; after fewer `searches` than the most there may be: none is said to exist).
  function bestWay(graph, weight, { from, first = 0, to, layers, advance, paid, worth = Infinity, thorough = true, searches = MOST_SEARCHES }) {
    const ends = paid.flatMap((value, layer) => (value === -Infinity ? [] : [to + layer * graph.nodes]));
    const goal = ends.length === 1 ? ends[0] : -1;
    const walk = (ban) => {
      const barred = ban.filter(({ arc }) => arc !== undefined);
      const allowed = barred.length ? weight.slice() : weight;
      barred.forEach(({ arc }) => { allowed[arc] = Infinity; });
      const spots = ban.filter(({ spot }) => spot).map(({ spot }) => spot);
      const found = search(graph, allowed, from + first * graph.nodes, { layers, advance, spots: spots.length ? new Set(spots) : null, goal });
      let cost = Infinity, at = -1;
      for (let layer = 0; layer < layers; layer += 1) {
        const net = found.distance[to + layer * graph.nodes] - paid[layer];
        if (net < cost) { cost = net; at = to + layer * graph.nodes; }
      }
      return { cost, ban, arcs: at < 0 ? [] : wayTo(found, at) };
    };
    const waiting = [walk([])];
    const seen = new Set();
    while (waiting.length) {
      waiting.sort((a, b) => b.cost - a.cost);
      const { cost, ban, arcs } = waiting.pop();
      if (!(worth - cost > FINEST_GAIN) || cost === Infinity) return null;
      const twice = either(graph, arcs, advance, first);
      if (!twice.length) return { cost, arcs };
      if (!thorough) return null;
      for (const one of twice) {
        const child = [...ban, one];
        const name = child.map(({ arc, spot }) => spot || arc).sort().join(' ');
        if (seen.has(name)) continue;
        seen.add(name);
        if (seen.size > searches) {
          if (searches === MOST_SEARCHES) throw new Error('too many walks visit a place twice');
          return null;
        }
        waiting.push(walk(child));
      }
    }
    return null;
  }

  /* A linear program that begins at a known basis: every row brings a column of its own (what is unmet, broken or free). */
  class Program {
    constructor() {
      this.rows = 0; this.room = 0;
      this.inverse = []; this.basis = []; this.value = [];
      this.cost = []; this.at = []; this.entries = []; this.signs = []; this.inBasis = [];
    }
    /* A row `sum = right` whose own column costs `cost`; `free` adds a second column of sign -1 (a floor may be exceeded). */
    row(right, cost, free = false) {
      const at = this.rows++;
      this.inverse.forEach((line) => line.push(0));
      this.inverse.push(Array.from({ length: this.rows }, (_, i) => (i === at ? 1 : 0)));
      this.value.push(right);
      this.basis.push(this.column(cost, [at], [1]));
      this.inBasis[this.basis[at]] = true;
      if (free) this.column(0, [at], [-1]);
      return at;
    }
    column(cost, rows, signs) {
      this.cost.push(cost); this.entries.push(rows); this.signs.push(signs); this.inBasis.push(false);
      return this.cost.length - 1;
    }
    prices() {
      const price = new Float64Array(this.rows);
      this.basis.forEach((column, i) => {
        const cost = this.cost[column], line = this.inverse[i];
        if (cost) for (let j = 0; j < this.rows; j += 1) price[j] += cost * line[j];
      });
      return price;
    }
    reduced(column, price) {
      const rows = this.entries[column], signs = this.signs[column];
      let cost = this.cost[column];
      for (let i = 0; i < rows.length; i += 1) cost -= signs[i] * price[rows[i]];
      return cost;
    }
    solve() {
      let price = this.prices(), still = 0;
      for (;;) {
        const enter = this.entering(price, still > 2 * this.rows);
        if (enter < 0) {
          // Prices that were carried along are worked out afresh before they are believed.
          price = this.prices();
          if (this.entering(price, false) < 0) return price;
          continue;
        }
        const direction = this.direction(enter);
        const leave = this.leaving(direction, still > 2 * this.rows);
        if (leave < 0) throw new Error('the program has no end');
        const gain = this.reduced(enter, price) / direction[leave];
        const step = this.value[leave] / direction[leave];
        still = step > 1e-9 ? 0 : still + 1;
        this.pivot(enter, leave, direction, step);
        const line = this.inverse[leave];
        const factor = gain * direction[leave];
        for (let j = 0; j < this.rows; j += 1) price[j] += factor * line[j];
      }
    }
    /* The column that gains most a tonne; the first that gains at all where the last steps moved nothing (Bland). */
    entering(price, first) {
      let best = -FINEST_GAIN, found = -1;
      for (let column = 0; column < this.cost.length; column += 1) {
        if (this.inBasis[column]) continue;
        const gain = this.reduced(column, price);
        if (gain < best) {
          if (first) return column;
          best = gain; found = column;
        }
      }
      return found;
    }
    direction(column) {
      const rows = this.entries[column], signs = this.signs[column];
      return Float64Array.from(this.inverse, (line) => {
        let sum = 0;
        for (let i = 0; i < rows.length; i += 1) sum += signs[i] * line[rows[i]];
        return sum;
      });
    }
    leaving(direction, first) {
      let least = Infinity, found = -1;
      for (let i = 0; i < this.rows; i += 1) {
        if (direction[i] < 1e-9) continue;
        const step = Math.max(this.value[i], 0) / direction[i];
        const tie = Math.abs(step - least) <= 1e-9;
        const better = first ? found >= 0 && this.basis[i] < this.basis[found] : found >= 0 && direction[i] > direction[found];
        if (step < least - 1e-9 || (tie && better)) { least = Math.min(step, least); found = i; }
      }
      return found;
    }
    pivot(enter, leave, direction, step) {
      const own = this.inverse[leave], by = direction[leave];
      const nonzero = [];
      for (let j = 0; j < this.rows; j += 1) if (own[j]) { own[j] /= by; nonzero.push(j); }
      for (let i = 0; i < this.rows; i += 1) {
        const factor = direction[i];
        if (i === leave || !factor) continue;
        const line = this.inverse[i];
        for (const j of nonzero) line[j] -= factor * own[j];
        this.value[i] -= factor * step;
      }
      this.value[leave] = step;
      this.inBasis[this.basis[leave]] = false;
      this.inBasis[enter] = true;
      this.basis[leave] = enter;
    }
    amounts() {
      const amount = new Float64Array(this.cost.length);
      this.basis.forEach((column, i) => { amount[column] = Math.max(this.value[i], 0); });
      return amount;
    }
  }

  /* The cheapest plan of jobs that share capacity; `jobs` as the plan's flows, each with its graph, weights and ends. */
  function plan(jobs, limits, pool) {
    const program = new Program();
    const dearest = Math.max(1, ...jobs.flatMap((job) => job.demand.map(({ penalty }) => penalty)));
    const ample = jobs.reduce((sum, job) => sum + job.supply.reduce((all, { amount }) => all + amount, 0), 0);
    const columns = new Map();
    const seen = new Set();
    const limitRow = new Map();
    jobs.forEach((job) => {
      job.demandRow = job.demand.map(({ amount, penalty }) => program.row(amount, penalty));
      job.supplyRow = job.supply.map(({ amount }) => program.row(amount, 0));
      job.brokenColumn = [];
      job.floorRow = job.floors.map(({ amount }) => {
        const row = program.row(amount, 10 * dearest, true);
        job.brokenColumn.push(program.basis[row]);
        return row;
      });
    });
    const rowOf = (bound) => {
      if (!limitRow.has(bound)) limitRow.set(bound, program.row(limits.get(bound), 0));
      return limitRow.get(bound);
    };
    function add(job, origin, target, arcs) {
      const name = `${job.at}:${arcs.join()}`;
      if (seen.has(name)) return false;
      seen.add(name);
      const { graph } = job;
      const rows = [job.demandRow[target], job.supplyRow[origin]];
      let cost = 0, kept = 0;
      for (const arc of arcs) {
        cost += job.weight[arc];
        kept |= job.bits(arc);
        const bound = graph.limit[arc];
        if (bound && limits.get(bound) < ample) rows.push(rowOf(bound));
      }
      if (arcs.length) kept |= job.placeBits(graph.home[graph.start[arcs[0]]]);
      job.floorRow.forEach((row, i) => { if (kept >> i & 1) rows.push(row); });
      columns.set(program.column(cost, rows, rows.map(() => 1)), { job, origin, target, arcs });
      return true;
    }
    const ends = (job, side) => job[side].map((end, at) => ({ ...end, at })).filter((end) => end.node >= 0);
    function grow(price) {
      let grown = false;
      for (const job of jobs) {
        const { graph } = job;
        const weight = job.weight.slice();
        limitRow.forEach((row, bound) => { if (price[row] < 0) bound.arcs.get(graph)?.forEach((arc) => { weight[arc] -= price[row]; }); });
        const reward = job.floorRow.map((row) => Math.max(price[row], 0));
        const paying = reward.some((value) => value > 0);
        const origins = ends(job, 'supply'), targets = ends(job, 'demand');
        const found = origins.map((origin) => search(graph, weight, origin.node));
        const margin = (o, t) => price[job.demandRow[targets[t].at]] + price[job.supplyRow[origins[o].at]];
        const gain = origins.map((_, o) => targets.map((target, t) => margin(o, t) - found[o].distance[target.node]));
        const take = (o, t) => {
          const arcs = wayTo(found[o], targets[t].node);
          if (either(graph, arcs, () => 0, 0).length) { job.looped = true; return false; }
          return add(job, origins[o].at, targets[t].at, arcs);
        };
        const best = new Set();
        targets.forEach((_, t) => { best.add(`${origins.reduce((top, __, o) => (gain[o][t] > gain[top][t] ? o : top), 0)} ${t}`); });
        origins.forEach((_, o) => { best.add(`${o} ${targets.reduce((top, __, t) => (gain[o][t] > gain[o][top] ? t : top), 0)}`); });
        let fresh = false;
        if (origins.length && targets.length) {
          [...best].sort().forEach((pair) => {
            const [o, t] = pair.split(' ').map(Number);
            if (gain[o][t] > FINEST_GAIN) fresh = take(o, t) || fresh;
          });
        }
        if (!fresh && (paying || job.looped)) fresh = keepers(job, weight, reward, { origins, targets, gain, margin, take, paying });
        grown = grown || fresh;
      }
      return grown;
    }
    /* Ways that a plain search misses: for the contracts they keep, or beside a walk that visits a place twice. */
    function keepers(job, weight, reward, { origins, targets, gain, margin, take, paying }) {
      const most = reward.reduce((sum, value) => sum + value, 0);
      const layers = 1 << reward.length;
      const paid = Array.from({ length: layers }, (_, mask) => reward.reduce((sum, value, i) => sum + (mask >> i & 1 ? value : 0), 0));
      const pairs = origins.flatMap((_, o) => targets.map((__, t) => [o, t])).filter(([o, t]) => gain[o][t] + most > FINEST_GAIN);
      let fresh = false;
      if (!paying) pairs.forEach(([o, t]) => { fresh = take(o, t) || fresh; });
      // First what is found at once: it brings prices down before the search beside walks that come back begins.
      (paying ? [false, true] : [true]).forEach((thorough) => {
        if (fresh) return;
        pairs.forEach(([o, t]) => {
          const way = bestWay(job.graph, weight, {
            from: origins[o].node, first: job.placeBits(job.graph.home[origins[o].node]), to: targets[t].node, layers, paid,
            advance: (layer, arc) => layer | job.bits(arc), worth: margin(o, t), thorough,
          });
          if (way) fresh = add(job, origins[o].at, targets[t].at, way.arcs) || fresh;
        });
      });
      return fresh;
    }
    pool.forEach(({ at, origin, target, arcs }) => {
      const job = jobs[at];
      const [o, t] = [job.supply.findIndex((end) => end.place === origin), job.demand.findIndex((end) => end.place === target)];
      if (o >= 0 && t >= 0 && arcs.every((arc) => job.weight[arc] < Infinity)) add(job, o, t, arcs);
    });
    let price = program.solve();
    for (let round = 0; grow(price); round += 1) {
      if (round > MOST_ROUNDS) throw new Error('the search for better ways did not end');
      price = program.solve();
    }
    const amount = program.amounts();
    const sent = [];
    columns.forEach(({ job, origin, target, arcs }, column) => {
      const close = program.inBasis[column] || program.reduced(column, price) < 0.05 * program.cost[column];
      const ends_ = { at: job.at, origin: job.supply[origin].place, target: job.demand[target].place, arcs };
      if (close && !pool.has(`${job.at}:${arcs.join()}`)) pool.set(`${job.at}:${arcs.join()}`, ends_);
      if (amount[column] > 1e-9) sent.push({ ...ends_, amount: amount[column] });
    });
    const broken = jobs.flatMap((job) => job.brokenColumn.map((column, i) => ({ flow: job.name, floor: job.floors[i], lacks: amount[column] })))
      .filter(({ lacks }) => lacks > 1e-6);
    const prices = new Map([...limitRow].filter(([, row]) => price[row] < -1e-3).map(([bound, row]) => [bound, -price[row]]));
    return { sent, broken, prices };
  }

  return { outward, bestWay, search, plan };
})();
