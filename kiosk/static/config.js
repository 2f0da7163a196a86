/** What the server said about this device, its space and its clock when it made the page. */

export const config = JSON.parse(document.body.dataset.config);
export const device = config.device;
export const zones = new Map(config.zones.map((zone) => [zone.id, zone]));
