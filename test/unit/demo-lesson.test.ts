// Exercises in the address.
import { expect, test } from 'vitest';
import { formatLesson, parseLesson } from '../../demo/lesson/lesson';
import { readyLessons } from '../../demo/lesson/ready';

const parse = (search: string) => parseLesson(search, readyLessons, ['race', 'look']);

test('a link gives back the exercise that made it', () => {
  const lesson = {
    title: 'Who wins?',
    section: 'race',
    controls: ['play', 'rate'],
    steps: [
      {
        text: 'Press play & watch.',
        question: { ask: 'Which?', answers: ['A', 'B & C'], right: 1, reveal: 'B, because…' },
      },
    ],
  };
  expect(parse(formatLesson(lesson))).toEqual(lesson);
});

test('ready-made lessons by name', () => {
  expect(parse('?lesson=learning-rate')?.section).toBe('race');
  for (const { steps, section } of Object.values(readyLessons)) {
    for (const { settings = {}, question } of steps) {
      for (const name of Object.keys(settings)) expect(name.split('.')[0]).toBe(section);
      if (question?.right !== undefined) expect(question.answers[question.right]).toBeTruthy();
    }
  }
});

test.each(['', '?x=1', '?lesson=', '?lesson=nothing', '?lesson=__proto__', '?lesson=constructor'])(
  'no lesson: %s',
  (search) => {
    expect(parse(search)).toBe(undefined);
  },
);

test('what is out of bounds is cut, left out or taken as open', () => {
  const lesson = parse(
    `?lesson=race&controls=play,"]*{},rate&text=${'x'.repeat(9999)}&ask=q&answer=a&answer=b&right=7`,
  );
  expect(lesson?.controls).toEqual(['play', 'rate']);
  expect(lesson?.steps[0].text).toHaveLength(600);
  expect(lesson?.steps[0].question?.right).toBe(undefined);
  expect(parse('?lesson=race&ask=q&answer=only')?.steps[0].question).toBe(undefined);
});
