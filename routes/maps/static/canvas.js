// Leaflet's canvas for many lines. A line is one layer instead of four: its casing (`around`, a width) and its stitches
// (`within`, a width, and `stitches`, dashes) are drawn along with it in the colour `ground`, and it is hit itself.
const atlasCanvas = (options) => new (L.Canvas.extend({
  _fillStroke(pen, layer) {
    const { around, within, stitches, ground, opacity } = layer.options;
    const stroke = (width, dash, cap) => {
      pen.setLineDash(dash);
      Object.assign(pen, { globalAlpha: opacity, lineWidth: width, strokeStyle: ground, lineCap: cap, lineJoin: 'round' });
      pen.stroke();
    };
    if (around) stroke(around, [], 'round');
    L.Canvas.prototype._fillStroke.call(this, pen, layer);
    if (within) stroke(within, stitches, 'butt');
  },
}))(options);
