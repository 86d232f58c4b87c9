/* Lambert's conformal conic on Leaflet's sphere, as a coordinate system for a Leaflet map. */
{
  const RADIANS = Math.PI / 180;

  window.atlasLambert = ([lon0, lat0, lat1, lat2]) => {
    const R = 6378137;
    const half = (lat) => Math.tan(Math.PI / 4 + (lat * RADIANS) / 2);
    const n = Math.log(Math.cos(lat1 * RADIANS) / Math.cos(lat2 * RADIANS)) / Math.log(half(lat2) / half(lat1));
    const F = (Math.cos(lat1 * RADIANS) * half(lat1) ** n) / n;
    const rho = (lat) => (R * F) / half(Math.max(-60, Math.min(89, lat))) ** n;
    const rho0 = rho(lat0);
    const per = 1 / (2 * Math.PI * R);
    return L.Util.extend({}, L.CRS.Earth, {
      code: 'atlas:lambert',
      transformation: new L.Transformation(per, 0.5, -per, 0.5),
      projection: {
        bounds: L.bounds([-2 * R, -2 * R], [2 * R, 2 * R]),
        project: ({ lat, lng }) => {
          const angle = n * (lng - lon0) * RADIANS;
          return L.point(rho(lat) * Math.sin(angle), rho0 - rho(lat) * Math.cos(angle));
        },
        unproject: ({ x, y }) => {
          const r = Math.sign(n) * Math.hypot(x, rho0 - y);
          const lat = 2 * Math.atan(((R * F) / r) ** (1 / n)) - Math.PI / 2;
          return L.latLng(lat / RADIANS, Math.atan2(x, rho0 - y) / n / RADIANS + lon0);
        },
      },
    });
  };
}
