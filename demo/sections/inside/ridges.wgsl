// Histograms over time, drawn from where they were counted: a ridge a step, the oldest at the back, heights
// by the root of the share; from above, a heat map. World: values −1 … 1 to the right, upwards
// from 0, steps −1 … 1 towards the eye.

struct View {
  matrix: mat4x4f,
  tone: vec4f,
  ink: vec4f,
  card: vec4f,
  outside: vec4f,
  pixel: vec2f, // of clip space
  width: f32, // of a line, in pixels
  elements: f32, // of the tensor
  bins: u32,
  tracks: u32,
  track: u32,
  rows: u32,
  chosen: u32, // row
  marked: u32, // bin; more than there are: none
  curtains: f32, // whether ridges hide what is behind them
  heat: f32, // whether the floor is a heat map
}

@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var<storage, read> counts: array<f32>;
@group(0) @binding(2) var<storage, read> rows: array<vec2f>; // slot, step

const PEAK = 0.25; // the share that is as high as may be
const HEIGHT = 0.9;
const OUTSIDE = 1.09; // where the bars for what lies outside stand
const BAR = 0.025; // half their width

struct Vertex {
  @builtin(position) position: vec4f,
  @location(0) color: vec4f,
}

// 0 … 1; slot 0 is below the range, the last above it.
fn level(row: u32, slot: u32) -> f32 {
  let history = u32(rows[row].x) * view.tracks + view.track;
  let share = counts[history * (view.bins + 2u) + slot] / view.elements;
  return sqrt(min(share / PEAK, 1.0));
}

fn depth(row: u32) -> f32 {
  let last = rows[view.rows - 1u].y;
  return select(1.0, 2.0 * rows[row].y / last - 1.0, last > 0.0);
}

fn middle(bin: u32) -> f32 {
  return (2.0 * f32(bin) + 1.0) / f32(view.bins) - 1.0;
}

// Newer ones are stronger.
fn age(row: u32) -> f32 {
  return select(1.0, f32(row) / f32(view.rows - 1u), view.rows > 1u);
}

fn clip(point: vec3f) -> vec4f {
  return view.matrix * vec4f(point, 1.0);
}

fn paint(color: vec4f, strength: f32) -> vec4f {
  return vec4f(mix(view.card.rgb, color.rgb, strength), 1.0);
}

fn nothing() -> Vertex {
  return Vertex(vec4f(2.0, 2.0, 2.0, 1.0), vec4f());
}

// Below each ridge, so that it hides those behind it. A strip of 2·bins.
@vertex
fn curtain(@builtin(vertex_index) i: u32, @builtin(instance_index) row: u32) -> Vertex {
  if (view.curtains == 0.0) {
    return nothing();
  }
  let bin = i / 2u;
  let high = level(row, bin + 1u);
  let top = f32(i % 2u);
  let position = clip(vec3f(middle(bin), HEIGHT * high * top, depth(row)));
  return Vertex(position, paint(view.tone, (0.06 + 0.34 * high * top) * (0.5 + 0.5 * age(row))));
}

fn ridge(row: u32, bin: u32) -> vec4f {
  let flat_top = select(1.0, 0.0, view.heat > 0.5);
  return clip(vec3f(middle(bin), HEIGHT * level(row, bin + 1u) * flat_top, depth(row)));
}

// The ridge itself, as a strip of 2·bins.
@vertex
fn line(@builtin(vertex_index) i: u32, @builtin(instance_index) row: u32) -> Vertex {
  let chosen = row == view.chosen;
  if (view.heat > 0.5 && !chosen) {
    return nothing();
  }
  let bin = i / 2u;
  let here = ridge(row, bin);
  let before = ridge(row, bin - min(bin, 1u));
  let after = ridge(row, min(bin + 1u, view.bins - 1u));
  let along = (after.xy / after.w - before.xy / before.w) / view.pixel;
  let across = normalize(vec2f(-along.y, along.x) + vec2f(0.0, 1e-6));
  let side = 2.0 * f32(i % 2u) - 1.0;
  let half_width = 0.5 * view.width * select(1.0, 2.0, chosen);
  var position = here;
  position += vec4f(across * side * half_width * view.pixel * here.w, 0.0, 0.0);
  // In front of its own curtain; the chosen one in front of all that are as near.
  position.z -= select(0.001, 0.002, chosen) * here.w;
  let strength = 0.3 + 0.7 * age(row);
  return Vertex(position, select(paint(view.tone, strength), view.ink, chosen));
}

const CORNERS = array(vec2f(0, 0), vec2f(1, 0), vec2f(0, 1), vec2f(0, 1), vec2f(1, 0), vec2f(1, 1));

// What lies outside the range, on either side. Two bars of 6.
@vertex
fn outside(@builtin(vertex_index) i: u32, @builtin(instance_index) row: u32) -> Vertex {
  let corner = CORNERS[i % 6u];
  let above = i >= 6u;
  let high = level(row, select(0u, view.bins + 1u, above));
  let x = select(-OUTSIDE, OUTSIDE, above) + BAR * (2.0 * corner.x - 1.0);
  let position = clip(vec3f(x, HEIGHT * high * corner.y, depth(row)));
  return Vertex(position, paint(view.outside, 0.25 + 0.65 * age(row)));
}

// The floor from one row to the next. 6 for each bin, and for both sides.
@vertex
fn cell(@builtin(vertex_index) i: u32, @builtin(instance_index) row: u32) -> Vertex {
  let slot = i / 6u;
  let corner = CORNERS[i % 6u];
  let high = level(row, slot);
  let beyond = slot == 0u || slot > view.bins;
  if (view.heat == 0.0 || high == 0.0) {
    return nothing();
  }
  var x = 2.0 * (f32(slot) - 1.0 + corner.x) / f32(view.bins) - 1.0;
  if (beyond) {
    x = select(OUTSIDE, -OUTSIDE, slot == 0u) + BAR * (2.0 * corner.x - 1.0);
  }
  // The newest reaches as far as the one before it.
  let begin = select(depth(row), depth(row - min(row, 1u)), row + 1u == view.rows);
  let end = select(depth(min(row + 1u, view.rows - 1u)), depth(row), row + 1u == view.rows);
  let color = select(view.tone, view.outside, beyond);
  let position = clip(vec3f(x, 0.0, mix(begin, end, corner.y)));
  return Vertex(position, vec4f(paint(color, high).rgb, view.heat));
}

// Lines on the floor: values, the marked one, and the first and the last step. Pairs.
const TICKS = 5u;
const TICK_PLACES = array(-1.0, -0.6, 0.0, 0.6, 1.0);

@vertex
fn grid(@builtin(vertex_index) i: u32) -> Vertex {
  let number = i / 2u;
  let end = 2.0 * f32(i % 2u) - 1.0;
  let faint = paint(view.ink, 0.16);
  if (number < TICKS) {
    return Vertex(clip(vec3f(TICK_PLACES[number], 0.0, end)), faint);
  }
  if (number == TICKS) {
    if (view.marked > view.bins + 1u) {
      return nothing();
    }
    let inner = 2.0 * (f32(view.marked) - 0.5) / f32(view.bins) - 1.0;
    let position = clip(vec3f(clamp(inner, -OUTSIDE, OUTSIDE), 0.0, end));
    return Vertex(position - vec4f(0.0, 0.0, 0.002, 0.0), view.ink);
  }
  return Vertex(clip(vec3f(end, 0.0, select(-1.0, 1.0, number == TICKS + 1u))), faint);
}

@fragment
fn fill(vertex: Vertex) -> @location(0) vec4f {
  return vec4f(vertex.color.rgb * vertex.color.a, vertex.color.a);
}
