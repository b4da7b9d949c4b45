export const FLAGS = ['enabled', 'qualityFiltering', 'adaptiveWeighting', 'retirementManagement'] as const;
export type Flag = (typeof FLAGS)[number];
/** The switches, as they are read at every decision. */
export type Flags = Readonly<Record<Flag, boolean>>;

export const MODES = ['observe', 'act'] as const;
/**
 * `act`: decisions are carried out. `observe`: every order leaves as the host made it, and everything is judged,
 * recorded and learned from as if they were.
 */
export type Mode = (typeof MODES)[number];
