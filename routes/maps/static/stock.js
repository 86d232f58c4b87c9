// What stock folium layers expect of a page, without the libraries they would load: an element made from a text, a call
// once the page is ready, and Leaflet's marker pictures. Event attributes in such texts stay dead: the page's policy
// allows no inline script.
window.$ = window.$ || ((what) => {
  if (typeof what === 'string') {
    const template = document.createElement('template');
    template.innerHTML = what.trim();
    return [template.content.firstElementChild];
  }
  return { ready: (run) => run() };
});
L.Icon.Default.mergeOptions({
  iconUrl: window.ATLAS_MARKER[0], iconRetinaUrl: window.ATLAS_MARKER[0], shadowUrl: window.ATLAS_MARKER[1],
});
L.Icon.Default.prototype._getIconUrl = L.Icon.prototype._getIconUrl;
