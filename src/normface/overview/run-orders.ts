/** What runs can be ordered by, the newest, best or largest first; names by the alphabet. */
export const runOrders = ['time', 'name', 'metric', 'loss', 'steps', 'duration', 'size'] as const;
export type RunOrder = (typeof runOrders)[number];
