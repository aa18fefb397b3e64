// Walks through the lowerings that ops offer: the first of every node, then the second…
import type { Node } from '../ir/graph';
import type { Lowering } from '../ir/op';

export interface Choice {
  choose(node: Node, lowerings: readonly Lowering[]): Lowering;
  /** Most lowerings that a node has offered so far. */
  ranks(): number;
  /** What was chosen, for messages. */
  names(): string;
}

/** Chooses the lowering of rank `rank`, or the last where a node has fewer. */
export function choosing(rank: number): Choice {
  let most = 1;
  const chosen = new Set<string>();
  return {
    choose(node, lowerings) {
      most = Math.max(most, lowerings.length);
      const lowering = lowerings[Math.min(rank, lowerings.length - 1)];
      chosen.add(`${node.op.name} by ${lowering.name}`);
      return lowering;
    },
    ranks: () => most,
    names: () => [...chosen].join(', '),
  };
}

/** Choices until every lowering that nodes offer has been chosen; each is used before the next is taken. */
export function* choices(): Generator<Choice, void, undefined> {
  for (let rank = 0, ranks = 1; rank < ranks; rank++) {
    const choice = choosing(rank);
    yield choice;
    ranks = choice.ranks();
  }
}
