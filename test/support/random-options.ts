// How often and from where random tests draw; more is asked for in the environment (in Node).
const variables: Record<string, string | undefined> = globalThis.process?.env ?? {};

/** Runs a property, where RANDOM_RUNS asks for a number of them. */
export const randomRuns = variables.RANDOM_RUNS ? Number(variables.RANDOM_RUNS) : undefined;
export const randomSeed = Number(variables.RANDOM_SEED ?? 20150211);
