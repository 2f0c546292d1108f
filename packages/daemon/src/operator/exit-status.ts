/**
 * What the commands return to the shell. Each command documents its own in its help.
 */

export const CheckStatus = { Clean: 0, Warnings: 1, Errors: 2 } as const;

export const DecodeStatus = { Decoded: 0, NothingFound: 1, Unusable: 2 } as const;

export const StatusStatus = { Fresh: 0, NotReached: 3, Stale: 4 } as const;

export const DoctorStatus = { Well: 0, Amiss: 1, CannotRun: 3 } as const;

export const NewTransportStatus = { Written: 0, NotWritten: 1 } as const;

/** Wrong options or arguments, in every command. */
export const USAGE_STATUS = 2;
